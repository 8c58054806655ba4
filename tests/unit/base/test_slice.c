/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice.h"

#include "../unit.h"

static void a_text_is_whole_or_cut(void **state)
{
    (void)state;
    char text[4] = "xxx";
    slice_text((struct slice){"abc", 3}, text, sizeof text);
    assert_string_equal(text, "abc");
    slice_text((struct slice){"abcd", 4}, text, sizeof text);
    assert_string_equal(text, "abc");
    slice_text((struct slice){"abc", 2}, text, sizeof text);
    assert_string_equal(text, "ab");
    slice_text((struct slice){"a\0c", 3}, text, sizeof text);
    assert_string_equal(text, "a");
    slice_text((struct slice){NULL, 0}, text, sizeof text);
    assert_string_equal(text, "");
}

static void assert_trimmed(const char *text, const char *expected)
{
    assert_true(slice_equals(slice_trim(slice_of(text)), expected));
}

static void spaces_and_tabs_at_the_ends_are_trimmed(void **state)
{
    (void)state;
    assert_trimmed(" \ta b\t ", "a b");
    assert_trimmed("a", "a");
    assert_trimmed("\na", "\na");
    assert_trimmed(" \t ", "");
    assert_trimmed("", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_whole_or_cut),
        cmocka_unit_test(spaces_and_tabs_at_the_ends_are_trimmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
