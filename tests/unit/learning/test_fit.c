/* SPDX-License-Identifier: Apache-2.0
 *
 * What one fit promises: it knows nearly as much of unseen rows as can be known, says
 * probabilities that come true, keeps to directions, and is the same again for the same seed.
 */
#include "learning/fit.h"

#include <stdlib.h>

#include "../synthetic.h"
#include "learning/evaluation.h"

enum { ROWS = 2500, TRAIN = 1500, PAIRS = 4000 };
static struct table table;
static struct feature_matrix features;
static size_t rows[ROWS];
static struct fit fit;
static struct part *part;

static int open_all(void **state)
{
    (void)state;
    char reason[REASON_MAX + 1];
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = i;
    synthetic_table(&table, ROWS, 6, false, false);
    return features_init(&features, &table, true) == STATUS_OK &&
                   fit_part(&features, rows, TRAIN, 1, &fit) == STATUS_OK &&
                   part_open(table.columns, features.uses, table.column_count, &fit.numbers,
                             buf_slice(&fit.trees), &part, reason) == STATUS_OK
               ? 0
               : -1;
}

static int close_all(void **state)
{
    (void)state;
    part_close(part);
    fit_free(&fit);
    features_free(&features);
    table_free(&table);
    return 0;
}

static void it_knows_unseen_rows(void **state)
{
    (void)state;
    static double said[ROWS - TRAIN];
    static double truth[ROWS - TRAIN];
    double values[MEASURE_COUNT];
    double best[MEASURE_COUNT];
    double mean = 0;
    double happened = 0;
    assert_int_equal(evaluation_predict(&features, &fit, rows + TRAIN, ROWS - TRAIN, said),
                     STATUS_OK);
    for (size_t i = 0; i < ROWS - TRAIN; i++) {
        truth[i] = calibration_probability(synthetic_truth(table_row(&table, TRAIN + i)));
        mean += said[i];
        happened += table.positives[TRAIN + i];
    }
    assert_int_equal(measures_of(said, table.positives + TRAIN, ROWS - TRAIN, values), STATUS_OK);
    assert_int_equal(measures_of(truth, table.positives + TRAIN, ROWS - TRAIN, best), STATUS_OK);
    assert_true(values[MEASURE_AUC] > best[MEASURE_AUC] - 0.02);
    assert_true(values[MEASURE_LOG_LOSS] < best[MEASURE_LOG_LOSS] + 0.02);
    assert_true(fabs(mean - happened) / (ROWS - TRAIN) < 0.05);
}

/* Raises debt, or lowers income, of many people and looks whether risk ever falls. */
static void directions_are_never_violated(void **state)
{
    (void)state;
    struct random random = {7};
    static double pairs[2 * PAIRS][SYNTHETIC_COLUMNS];
    static double said[2 * PAIRS];
    for (size_t i = 0; i < PAIRS; i++) {
        double *low = pairs[2 * i];
        double *high = pairs[2 * i + 1];
        synthetic_row(&random, low);
        memcpy(high, low, sizeof pairs[0]);
        size_t column = i % 2 ? INCOME : DEBT;
        double scale = column == INCOME ? 9000 : 3.5;
        double a = scale * synthetic_share(&random);
        double b = scale * synthetic_share(&random);
        low[column] = column == INCOME ? fmax(a, b) : fmin(a, b);
        high[column] = column == INCOME ? fmin(a, b) : fmax(a, b);
    }
    assert_int_equal(part_predict(part, pairs[0], 2 * PAIRS, said), STATUS_OK);
    size_t rises = 0;
    for (size_t i = 0; i < PAIRS; i++) {
        assert_true(said[2 * i] <= said[2 * i + 1]);
        rises += said[2 * i] < said[2 * i + 1];
    }
    assert_true(rises > PAIRS / 2);
}

static void same_seed_same_bits(void **state)
{
    (void)state;
    struct fit again;
    struct fit other;
    assert_int_equal(fit_part(&features, rows, TRAIN, 1, &again), STATUS_OK);
    assert_int_equal(fit_part(&features, rows, TRAIN, 2, &other), STATUS_OK);
    assert_int_equal(again.trees.size, fit.trees.size);
    assert_memory_equal(again.trees.data, fit.trees.data, fit.trees.size);
    assert_memory_equal(again.numbers.linear.weights, fit.numbers.linear.weights,
                        fit.numbers.linear.feature_count * sizeof(double));
    assert_memory_equal(&again.numbers.calibration, &fit.numbers.calibration,
                        sizeof fit.numbers.calibration);
    assert_true(other.trees.size != fit.trees.size ||
                memcmp(other.trees.data, fit.trees.data, fit.trees.size) != 0);
    fit_free(&again);
    fit_free(&other);
}

/* Rows that are not among those to train on change nothing: here, turned around. */
static void other_rows_are_not_seen(void **state)
{
    (void)state;
    struct fit again;
    for (size_t i = TRAIN; i < ROWS; i++)
        table.positives[i] = !table.positives[i];
    assert_int_equal(fit_part(&features, rows, TRAIN, 1, &again), STATUS_OK);
    for (size_t i = TRAIN; i < ROWS; i++)
        table.positives[i] = !table.positives[i];
    assert_int_equal(again.trees.size, fit.trees.size);
    assert_memory_equal(again.trees.data, fit.trees.data, fit.trees.size);
    assert_memory_equal(&again.numbers.calibration, &fit.numbers.calibration,
                        sizeof fit.numbers.calibration);
    fit_free(&again);
}

static void too_few_rows_are_refused(void **state)
{
    (void)state;
    struct fit none;
    assert_int_equal(fit_part(&features, rows, FIT_OUTCOMES_MIN, 1, &none), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_knows_unseen_rows),     cmocka_unit_test(directions_are_never_violated),
        cmocka_unit_test(same_seed_same_bits),      cmocka_unit_test(other_rows_are_not_seen),
        cmocka_unit_test(too_few_rows_are_refused),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
