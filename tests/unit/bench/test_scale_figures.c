/* SPDX-License-Identifier: Apache-2.0 */
#include "../../../bench/scale_figures.h"

#include "../unit.h"

static void the_limit_is_named_by_what_is_left(void **state)
{
    (void)state;
    assert_int_equal(bench_limit_of(0, 1000, 0), LIMIT_MACHINE);
    assert_int_equal(bench_limit_of(9.9, 5000, 1000), LIMIT_MACHINE);
    assert_int_equal(bench_limit_of(10, 1000, 0), LIMIT_PROCESSES);
    assert_int_equal(bench_limit_of(50, 1100, 1000), LIMIT_PROCESSES);
    assert_int_equal(bench_limit_of(50, 1099, 1000), LIMIT_DESIGN);
    assert_int_equal(bench_limit_of(50, 600, 1000), LIMIT_DESIGN);
    assert_string_equal(bench_limit_name(LIMIT_MACHINE), "machine");
    assert_string_equal(bench_limit_name(LIMIT_DESIGN), "design");
    assert_string_equal(bench_limit_name(LIMIT_PROCESSES), "processes");
}

static void a_percentile_has_its_share_at_or_below(void **state)
{
    (void)state;
    int64_t values[200];
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + unit_random() % 200;
        for (size_t i = 0; i < count; i++)
            values[i] = (int64_t)(unit_random() % 50);
        for (size_t percent = 1; percent <= 100; percent++) {
            int64_t found = bench_percentile(values, count, percent);
            size_t below = 0, above = 0;
            for (size_t i = 0; i < count; i++) {
                below += values[i] < found;
                above += values[i] <= found;
            }
            assert_true(below * 100 < count * percent);
            assert_true(above * 100 >= count * percent);
        }
    }
}

static void percentiles_of_few(void **state)
{
    (void)state;
    int64_t values[] = {30, 10, 20};
    assert_int_equal(bench_percentile(values, 0, 50), 0);
    assert_int_equal(bench_percentile(values, 1, 99), 30);
    assert_int_equal(bench_percentile(values, 3, 50), 20);
    assert_int_equal(bench_percentile(values, 3, 99), 30);
    assert_int_equal(bench_percentile(values, 3, 1), 10);
}

static void fairness_is_the_least_and_the_greatest_share(void **state)
{
    (void)state;
    struct bench_fairness fairness = bench_fairness_of((int64_t[]){100, 300, 600}, 3);
    assert_true(fairness.least == 10 && fairness.most == 60);
    fairness = bench_fairness_of((int64_t[]){7}, 1);
    assert_true(fairness.least == 100 && fairness.most == 100);
    fairness = bench_fairness_of((int64_t[]){0, 0}, 2);
    assert_true(fairness.least == 0 && fairness.most == 0);
}

static void a_lag_that_falls(void **state)
{
    (void)state;
    struct lag_course course = {0};
    int64_t lags[] = {900, 1000, 1000, 800, 600, 400, 300, 0, 0};
    for (size_t i = 0; i < sizeof lags / sizeof lags[0]; i++) {
        assert_true(lag_course_rate(&course) == 0 || i > 7);
        lag_course_add(&course, 1000000 + 100000 * (int64_t)i, lags[i]);
    }
    assert_int_equal(course.most, 1000);
    assert_int_equal(course.first_us, 1300000);
    assert_int_equal(course.first_lag, 800);
    assert_int_equal(course.half_us, 1500000);
    assert_int_equal(course.end_us, 1700000);
    assert_true(lag_course_rate(&course) == 2000); /* 800 in 0.4 s */
}

static void a_lag_that_falls_at_once_has_no_rate(void **state)
{
    (void)state;
    struct lag_course course = {0};
    lag_course_add(&course, 5, 10);
    lag_course_add(&course, 6, 0);
    assert_int_equal(course.end_us, 6);
    assert_true(lag_course_rate(&course) == 0);
}

static void usage_is_of_the_while_between(void **state)
{
    (void)state;
    struct bench_usage from = {1000, 400, 10, 5}, to = {1200, 450, 90, 25};
    struct bench_usage between = bench_usage_between(&from, &to);
    assert_int_equal(between.all, 200);
    assert_int_equal(between.idle, 50);
    assert_int_equal(between.ecs, 80);
    assert_int_equal(between.load, 20);
    assert_true(bench_percent(between.idle, between.all) == 25);
    assert_true(bench_percent(1, 0) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limit_is_named_by_what_is_left),
        cmocka_unit_test(a_percentile_has_its_share_at_or_below),
        cmocka_unit_test(percentiles_of_few),
        cmocka_unit_test(fairness_is_the_least_and_the_greatest_share),
        cmocka_unit_test(a_lag_that_falls),
        cmocka_unit_test(a_lag_that_falls_at_once_has_no_rate),
        cmocka_unit_test(usage_is_of_the_while_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
