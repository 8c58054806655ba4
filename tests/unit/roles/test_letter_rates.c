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

/* In random turns over hours: one source leaves no more than its share, and all those of others
 * that come no faster than they may are kept. */
static void one_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { TURNS = 300000, MODEST = LETTER_RATES_MAX - 2 };
    int64_t now_us = 1, taken = 0, asked_us[MODEST] = {0};
    struct uuid greedy = {{[15] = 0}};
    for (int turn = 0; turn < TURNS; turn++) {
        now_us += (int64_t)(unit_random() % 50000);
        size_t one = unit_random() % MODEST;
        struct uuid modest = {{[15] = (uint8_t)(1 + one)}};
        taken += letter_rates_take(&rates, &greedy, now_us);
        if (now_us - asked_us[one] < SECOND_US / LETTERS_PER_SECOND)
            continue;
        assert_true(letter_rates_take(&rates, &modest, now_us));
        asked_us[one] = now_us;
    }
    assert_in_range(taken, LETTERS_AT_ONCE,
                    LETTERS_AT_ONCE + 1 + now_us / SECOND_US * LETTERS_PER_SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_flood_leaves_few_and_others_all_of_theirs, setup),
        cmocka_unit_test_setup(a_source_that_keeps_quiet_has_all_again, setup),
        cmocka_unit_test_setup(names_without_end_leave_a_bounded_number, setup),
        cmocka_unit_test_setup(one_takes_no_more_than_a_share, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
