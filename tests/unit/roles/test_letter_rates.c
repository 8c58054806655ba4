/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/letter_rates.h"

#include "../unit.h"

static struct letter_rates rates;

static int setup(void **state)
{
    (void)state;
    memset(&rates, 0, sizeof rates);
    return 0;
}

/* Letters that `source` may leave when it tries `count` times, evenly over `during_us`. */
static int letters(const struct uuid *source, int count, int64_t from_us, int64_t during_us)
{
    int taken = 0;
    for (int i = 0; i < count; i++)
        taken += letter_rates_take(&rates, source, from_us + during_us * i / count);
    return taken;
}

static void a_flood_leaves_few_and_others_all_of_theirs(void **state)
{
    (void)state;
    struct uuid flooding = {{[15] = 1}}, other = {{[15] = 2}};
    int64_t hour_us = HOUR_US;
    assert_in_range(letters(&flooding, 3600000, 1000, hour_us), LETTERS_AT_ONCE,
                    LETTERS_AT_ONCE + 3600 * LETTERS_PER_SECOND + 1);
    assert_int_equal(letters(&other, LETTERS_AT_ONCE, hour_us, 0), LETTERS_AT_ONCE);
    assert_int_equal(letters(NULL, LETTERS_AT_ONCE, hour_us, 0), LETTERS_AT_ONCE);
    assert_int_equal(letters(NULL, 1, hour_us, 0), 0);
}

static void a_source_that_keeps_quiet_has_all_again(void **state)
{
    (void)state;
    assert_int_equal(letters(NULL, 2 * LETTERS_AT_ONCE, 5, 0), LETTERS_AT_ONCE);
    int64_t later_us = 5 + LETTERS_AT_ONCE * SECOND_US / LETTERS_PER_SECOND;
    assert_int_equal(letters(NULL, 2 * LETTERS_AT_ONCE, later_us, 0), LETTERS_AT_ONCE);
}

static void names_without_end_leave_a_bounded_number(void **state)
{
    (void)state;
    int taken = 0;
    for (int i = 0; i < 1000000; i++) {
        struct uuid source = {{[12] = (uint8_t)(i >> 16), [14] = (uint8_t)(i >> 8), (uint8_t)i}};
        taken += letter_rates_take(&rates, &source, 1);
    }
    assert_in_range(taken, 1, LETTER_RATES_MAX * LETTERS_AT_ONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_flood_leaves_few_and_others_all_of_theirs, setup),
        cmocka_unit_test_setup(a_source_that_keeps_quiet_has_all_again, setup),
        cmocka_unit_test_setup(names_without_end_leave_a_bounded_number, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
