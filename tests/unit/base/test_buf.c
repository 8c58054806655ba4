/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include "../unit.h"

static void an_empty_buffer_is_an_empty_text(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_int_equal(buf_slice(&buf).size, 0);
    assert_non_null(buf_slice(&buf).data);
    buf_append(&buf, NULL, 0);
    assert_string_equal(buf.data, "");
    assert_false(buf.overflowed);
    buf_free(&buf);
}

static void it_grows_to_its_maximum_and_not_beyond(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 1000);
    for (int i = 0; i < 100; i++)
        buf_text(&buf, "0123456789");
    assert_int_equal(buf.size, 1000);
    assert_false(buf.overflowed);
    assert_int_equal(buf.data[1000], '\0');
    buf_append(&buf, "x", 1);
    assert_true(buf.overflowed);
    assert_int_equal(buf.size, 1000);
    buf_free(&buf);
}

static void after_an_overflow_nothing_more_is_taken(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    buf_text(&buf, "12345");
    buf_text(&buf, "1");
    buf_printf(&buf, "%d", 1);
    assert_int_equal(buf.size, 0);
    assert_true(buf.overflowed);
    buf_clear(&buf);
    buf_text(&buf, "1234");
    assert_false(buf.overflowed);
    assert_string_equal(buf.data, "1234");
    buf_free(&buf);
}

static void a_huge_size_does_not_wrap(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    buf_text(&buf, "1234");
    buf_append(&buf, "x", SIZE_MAX);
    assert_true(buf.overflowed);
    assert_string_equal(buf.data, "1234");
    buf_free(&buf);
}

static void printf_appends(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 400);
    buf_text(&buf, "a");
    buf_printf(&buf, "%s-%d", "b", 7);
    assert_string_equal(buf.data, "ab-7");
    buf_printf(&buf, "%0300d", 1);
    assert_int_equal(buf.size, 304);
    buf_printf(&buf, "%0300d", 1);
    assert_true(buf.overflowed);
    assert_int_equal(buf.size, 304);
    buf_free(&buf);
}

static void escaping_replaces_what_is_special(void **state)
{
    (void)state;
    static const char *const instead[] = {"&lt;", ""};
    struct buf buf;
    buf_init(&buf, 100);
    buf_escape(&buf, (struct slice){"a<b|\0|<", 7}, "<|", instead);
    assert_int_equal(buf.size, 11);
    assert_memory_equal(buf.data, "a&lt;b\0&lt;", 12);
    buf_free(&buf);
}

static void clearing_keeps_the_memory_and_freeing_the_maximum(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    buf_text(&buf, "abc");
    char *data = buf.data;
    buf_clear(&buf);
    assert_ptr_equal(buf.data, data);
    assert_string_equal(buf.data, "");
    buf_free(&buf);
    assert_null(buf.data);
    buf_text(&buf, "0123456789");
    assert_false(buf.overflowed);
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_buffer_is_an_empty_text),
        cmocka_unit_test(it_grows_to_its_maximum_and_not_beyond),
        cmocka_unit_test(after_an_overflow_nothing_more_is_taken),
        cmocka_unit_test(a_huge_size_does_not_wrap),
        cmocka_unit_test(printf_appends),
        cmocka_unit_test(escaping_replaces_what_is_special),
        cmocka_unit_test(clearing_keeps_the_memory_and_freeing_the_maximum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
