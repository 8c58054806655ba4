/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/life.h"

#include "../unit.h"
#include "limits.h"

enum { PEOPLE = 2000, DAY = 20400, MONTHS = 24 };

static void months_begin_on_pay_days(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < 100; number++) {
        struct simulated_person person = population_person(1, number);
        for (int64_t day = number % 2 == 0 ? 0 : DAY, end = day + 100; day < end; day++) {
            int64_t month = life_month(&person, day);
            int64_t first = life_month_day(&person, month);
            assert_int_equal(day - first, life_day_of_month(&person, day));
            assert_true(day >= first && day < life_month_day(&person, month + 1));
        }
    }
}

static void standings_lie_in_their_ranges(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        int64_t month = life_month(&person, DAY);
        struct life_money money = life_money(&person, month);
        struct life_standing standing = life_standing(&person, month);
        assert_true(money.income_cents >= 0 && money.spending_cents > 0);
        assert_true(standing.burden >= 0 && standing.burden <= 3 * MILLIONTHS);
        assert_true(standing.drop >= 0 && standing.drop <= MILLIONTHS);
        assert_true(standing.strain >= 0 && standing.strain <= 1200000);
        assert_true(standing.buffer >= -2 * MILLIONTHS && standing.buffer <= 6 * MILLIONTHS);
    }
}

static bool is_well(const struct simulated_person *person, int64_t month)
{
    return life_money(person, month).income_share == MILLIONTHS;
}

/* From the month before the pay stops to the second without it. */
static void lost_pay_strains_and_weighs_on_the_mood(void **state)
{
    (void)state;
    int64_t cases = 0, stress = 0, positivity = 0;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        int64_t from = life_month(&person, DAY);
        for (int64_t month = from; month < from + MONTHS; month++) {
            if (!is_well(&person, month - 1) || life_money(&person, month).income_share > 0)
                continue;
            assert_int_equal(life_money(&person, month).income_cents, 0);
            assert_true(life_standing(&person, month).burden >
                        life_standing(&person, month - 1).burden);
            int64_t day = life_month_day(&person, month) + 45;
            struct life_mood before = life_mood(&person, day - 60), after = life_mood(&person, day);
            stress += after.stress - before.stress;
            positivity += after.positivity - before.positivity;
            cases++;
        }
    }
    assert_true(cases > PEOPLE / 50); /* in two years */
    assert_true(stress / cases > 80000);
    assert_true(positivity / cases < -60000);
}

static void most_months_pay_as_usual_and_some_do_not(void **state)
{
    (void)state;
    int64_t well = 0, none = 0;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        int64_t from = life_month(&person, DAY);
        for (int64_t month = from; month < from + MONTHS; month++) {
            well += is_well(&person, month);
            none += life_money(&person, month).income_cents == 0;
        }
    }
    assert_true(well > PEOPLE * MONTHS * 95 / 100 && well < PEOPLE * MONTHS * 99 / 100);
    assert_true(none > PEOPLE * MONTHS / 1000 && none < PEOPLE * MONTHS / 100);
}

/* Silences come as runs of days, of everybody's days a few in a hundred. */
static void silences_are_runs_of_days(void **state)
{
    (void)state;
    enum { DAYS = 360 };
    int64_t silent = 0, runs = 0;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        bool before = life_is_silent(&person, DAY - 1);
        for (int64_t day = DAY; day < DAY + DAYS; day++) {
            bool now = life_is_silent(&person, day);
            silent += now;
            runs += now && !before;
            before = now;
        }
    }
    assert_true(silent > PEOPLE * DAYS * 15 / 1000 && silent < PEOPLE * DAYS * 80 / 1000);
    assert_true(silent / runs >= 10 && silent / runs <= 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(months_begin_on_pay_days),
        cmocka_unit_test(standings_lie_in_their_ranges),
        cmocka_unit_test(lost_pay_strains_and_weighs_on_the_mood),
        cmocka_unit_test(most_months_pay_as_usual_and_some_do_not),
        cmocka_unit_test(silences_are_runs_of_days),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
