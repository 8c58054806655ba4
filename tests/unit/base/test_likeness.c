/* SPDX-License-Identifier: Apache-2.0 */
#include "base/likeness.h"

#include "../unit.h"

static void slips_of_a_finger_are_close(void **state)
{
    (void)state;
    assert_true(likeness_is_close("serve", "serve"));
    assert_true(likeness_is_close("sevre", "serve"));
    assert_true(likeness_is_close("srve", "serve"));
    assert_true(likeness_is_close("servee", "serve"));
    assert_true(likeness_is_close("derve", "serve"));
    assert_true(likeness_is_close("back-test", "backtest"));
    assert_true(likeness_is_close("DATABSE_URL", "DATABASE_URL"));
    assert_true(likeness_is_close("d", "do"));
}

static void other_words_are_not(void **state)
{
    (void)state;
    assert_false(likeness_is_close("train", "serve"));
    assert_false(likeness_is_close("", "serve"));
    assert_false(likeness_is_close("dead", "health"));
    assert_false(likeness_is_close("DATA_DIR", "DATABASE_URL"));
}

static void long_words_are_like_no_other(void **state)
{
    (void)state;
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    assert_int_equal(strlen(longest), 64);
    assert_false(likeness_is_close(longest, longest));
    assert_true(likeness_is_close(longest + 1, longest + 1));
    assert_false(likeness_is_close("serve", longest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_of_a_finger_are_close),
        cmocka_unit_test(other_words_are_not),
        cmocka_unit_test(long_words_are_like_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
