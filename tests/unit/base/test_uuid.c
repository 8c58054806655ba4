/* SPDX-License-Identifier: Apache-2.0 */
#include "base/uuid.h"

#include "../unit.h"

static void version_7_leads_with_the_time(void **state)
{
    (void)state;
    const uint8_t random[10] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};
    struct uuid uuid = uuid_v7(0x0123456789ABLL * 1000 + 999, random);
    char text[UUID_TEXT_SIZE];
    uuid_format(&uuid, text);
    assert_string_equal(text, "01234567-89ab-7fff-bfff-ffffffffffff");
    struct uuid later = uuid_v7(0x0123456789ACLL * 1000, (const uint8_t[10]){0});
    assert_true(uuid_compare(&uuid, &later) < 0);
}

static void text_goes_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        struct uuid uuid, back;
        char text[UUID_TEXT_SIZE];
        unit_random_bytes(uuid.bytes, sizeof uuid.bytes);
        uuid_format(&uuid, text);
        assert_int_equal(uuid_parse(text, UUID_TEXT_SIZE - 1, &back), STATUS_OK);
        assert_true(uuid_equal(&uuid, &back));
    }
}

static void upper_case_is_read(void **state)
{
    (void)state;
    struct uuid uuid;
    char text[UUID_TEXT_SIZE];
    assert_int_equal(uuid_parse("01234567-89AB-CDEF-0123-456789ABCDEF", 36, &uuid), STATUS_OK);
    uuid_format(&uuid, text);
    assert_string_equal(text, "01234567-89ab-cdef-0123-456789abcdef");
}

static void other_forms_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "0123456789abcdef0123456789abcdef",
        "{01234567-89ab-cdef-0123-456789abcdef}",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "01234567089ab-cdef-0123-456789abcdef",
        "01234567-89abcdef--0123-456789abcdef",
        "-1234567-89ab-cdef-0123-456789abcdef",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct uuid uuid;
        assert_int_equal(uuid_parse(texts[i], strlen(texts[i]), &uuid), STATUS_INVALID);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_7_leads_with_the_time),
        cmocka_unit_test(text_goes_there_and_back),
        cmocka_unit_test(upper_case_is_read),
        cmocka_unit_test(other_forms_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
