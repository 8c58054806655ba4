/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/measures.h"

#include <math.h>

#include "../unit.h"

static void near(double value, double expected)
{
    if (!(fabs(value - expected) < 1e-9))
        print_error("%.12f is not %.12f\n", value, expected);
    assert_true(fabs(value - expected) < 1e-9);
}

/* Six people, by hand: of 9 pairs 8 are in order. */
static void against_a_count_by_hand(void **state)
{
    (void)state;
    static const double said[] = {0.9, 0.7, 0.6, 0.4, 0.3, 0.1};
    static const uint8_t happened[] = {1, 1, 0, 1, 0, 0};
    double values[MEASURE_COUNT];
    assert_int_equal(measures_of(said, happened, 6, values), STATUS_OK);
    near(values[MEASURE_AUC], 8.0 / 9);
    near(values[MEASURE_KS], 2.0 / 3);
    near(values[MEASURE_BRIER], (0.01 + 0.09 + 0.36 + 0.36 + 0.09 + 0.01) / 6);
    near(values[MEASURE_LOG_LOSS],
         -(log(0.9) + log(0.7) + log(0.4) + log(0.4) + log(0.7) + log(0.9)) / 6);
}

static void ties_count_half(void **state)
{
    (void)state;
    static const double said[] = {0.5, 0.5, 0.5, 0.2, 0.8};
    static const uint8_t happened[] = {1, 0, 0, 0, 1};
    double values[MEASURE_COUNT];
    assert_int_equal(measures_of(said, happened, 5, values), STATUS_OK);
    /* 0.8 is above three; 0.5 is above one and ties with two. */
    near(values[MEASURE_AUC], (3 + 1 + 2 * 0.5) / 6);
    static const double same[] = {0.4, 0.4, 0.4, 0.4, 0.4};
    assert_int_equal(measures_of(same, happened, 5, values), STATUS_OK);
    near(values[MEASURE_AUC], 0.5);
    near(values[MEASURE_KS], 0);
}

static void the_ends(void **state)
{
    (void)state;
    static const double said[] = {1, 0, 0};
    static const uint8_t right[] = {1, 0, 0};
    static const uint8_t wrong[] = {0, 1, 1};
    double values[MEASURE_COUNT];
    assert_int_equal(measures_of(said, right, 3, values), STATUS_OK);
    near(values[MEASURE_AUC], 1);
    near(values[MEASURE_KS], 1);
    near(values[MEASURE_LOG_LOSS], 0);
    assert_int_equal(measures_of(said, wrong, 3, values), STATUS_OK);
    near(values[MEASURE_AUC], 0);
    near(values[MEASURE_KS], 1);
    assert_true(isfinite(values[MEASURE_LOG_LOSS])); /* certain and wrong is bad, not infinite */
}

/* AUC equals a count over all pairs, for random predictions with many ties. */
static void auc_is_the_share_of_pairs(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    double said[COUNT];
    uint8_t happened[COUNT];
    for (int round = 0; round < 50; round++) {
        double pairs = 0;
        double won = 0;
        for (int i = 0; i < COUNT; i++) {
            said[i] = (double)(unit_random() % 20) / 20;
            happened[i] = unit_random() % 3 == 0;
        }
        for (int i = 0; i < COUNT; i++)
            for (int k = 0; k < COUNT; k++)
                if (happened[i] && !happened[k]) {
                    pairs++;
                    won += said[i] > said[k] ? 1 : said[i] == said[k] ? 0.5 : 0;
                }
        double values[MEASURE_COUNT];
        assert_int_equal(measures_of(said, happened, COUNT, values), STATUS_OK);
        near(values[MEASURE_AUC], won / pairs);
    }
}

/* Five folds of 0.7, 0.8, 0.75, 0.85, 0.9: deviation 0.0790569; t of 4 degrees is 2.776. */
static void interval_over_folds(void **state)
{
    (void)state;
    static const double values[] = {0.7, 0.8, 0.75, 0.85, 0.9};
    struct interval interval = interval_of_folds(values, 5, 0.2);
    near(interval.mean, 0.8);
    double reach = 2.776445 * 0.0790569415 * sqrt(1.0 / 5 + 0.25);
    assert_true(fabs(interval.high - 0.8 - reach) < 1e-5);
    near(interval.high - interval.mean, interval.mean - interval.low);
    interval = interval_of_folds(values, 1, 0.2);
    near(interval.low, 0.7);
    near(interval.high, 0.7);
}

/* Intervals hold the value, shrink with the number of rows, and are the same for the same seed. */
static void bootstrap(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static double good[COUNT];
    static double poor[COUNT];
    static uint8_t happened[COUNT];
    const double *const both[] = {good, poor};
    struct interval few[2][MEASURE_COUNT];
    struct interval many[2][MEASURE_COUNT];
    struct interval again[2][MEASURE_COUNT];
    struct interval gains[2];
    for (int i = 0; i < COUNT; i++) {
        happened[i] = unit_random() % 2 == 0;
        double noise = (double)(unit_random() % 1000) / 1000;
        good[i] = 0.3 * happened[i] + 0.6 * noise;
        poor[i] = (double)(unit_random() % 1000) / 1000;
    }
    assert_int_equal(interval_by_bootstrap(both, 2, happened, 200, 1, few, gains), STATUS_OK);
    assert_int_equal(interval_by_bootstrap(both, 2, happened, COUNT, 1, many, gains), STATUS_OK);
    assert_int_equal(interval_by_bootstrap(both, 2, happened, COUNT, 1, again, gains), STATUS_OK);
    assert_memory_equal(many, again, sizeof many);
    for (int m = 0; m < MEASURE_COUNT; m++) {
        assert_true(many[0][m].low < many[0][m].mean && many[0][m].mean < many[0][m].high);
        assert_true(many[0][m].high - many[0][m].low < few[0][m].high - few[0][m].low);
    }
    near(gains[0].high, 0);
    near(gains[1].mean, many[0][MEASURE_AUC].mean - many[1][MEASURE_AUC].mean);
    assert_true(gains[1].low > 0.2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_a_count_by_hand),
        cmocka_unit_test(ties_count_half),
        cmocka_unit_test(the_ends),
        cmocka_unit_test(auc_is_the_share_of_pairs),
        cmocka_unit_test(interval_over_folds),
        cmocka_unit_test(bootstrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
