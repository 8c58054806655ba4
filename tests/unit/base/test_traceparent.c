/* SPDX-License-Identifier: Apache-2.0 */
#include "base/traceparent.h"

#include "../unit.h"

static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
static const uint8_t random_bytes[] = {0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
                                       0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
                                       0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef};

static void a_child_stays_in_the_trace(void **state)
{
    (void)state;
    char child[TRACEPARENT_LENGTH + 1];
    traceparent_child(child, parent, random_bytes);
    assert_string_equal(child, "00-0af7651916cd43dd8448eb211c80319c-0011223344556677-01");
    assert_true(traceparent_valid(slice_of(child)));
}

/* Of a later version, and of flags that we do not know, only what version 00 has is passed on. */
static void a_child_is_of_our_version(void **state)
{
    (void)state;
    char child[TRACEPARENT_LENGTH + 1];
    traceparent_child(child, "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-fe",
                      random_bytes);
    assert_string_equal(child, "00-0af7651916cd43dd8448eb211c80319c-0011223344556677-00");
}

static void a_new_trace_is_sampled(void **state)
{
    (void)state;
    char made[TRACEPARENT_LENGTH + 1];
    traceparent_new(made, random_bytes);
    assert_string_equal(made, "00-00112233445566778899aabbccddeeff-0123456789abcdef-01");
    assert_true(traceparent_sampled(made));
}

static void the_last_flag_says_sampled(void **state)
{
    (void)state;
    char text[sizeof parent];
    memcpy(text, parent, sizeof text);
    for (const char *digit = "0123456789abcdef"; *digit != '\0'; digit++) {
        text[TRACEPARENT_LENGTH - 1] = *digit;
        assert_true(traceparent_valid(slice_of(text)));
        assert_int_equal(traceparent_sampled(text), strchr("13579bdf", *digit) != NULL);
    }
}

/* More cases, through the server: tests/unit/http/test_server.c. */
static void nothing_else_is_valid(void **state)
{
    (void)state;
    assert_true(traceparent_valid(slice_of(parent)));
    assert_false(traceparent_valid((struct slice){0}));
    assert_false(traceparent_valid((struct slice){parent, TRACEPARENT_LENGTH - 1}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_stays_in_the_trace), cmocka_unit_test(a_child_is_of_our_version),
        cmocka_unit_test(a_new_trace_is_sampled),     cmocka_unit_test(the_last_flag_says_sampled),
        cmocka_unit_test(nothing_else_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
