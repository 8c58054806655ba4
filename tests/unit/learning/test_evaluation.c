/* SPDX-License-Identifier: Apache-2.0
 *
 * Honest measures: where there is nothing to learn, nothing is found.
 */
#include "learning/evaluation.h"

#include "../synthetic.h"

enum { ROWS = 600 };
static struct table table;
static struct feature_matrix features;

static void open_table(bool timed)
{
    synthetic_table(&table, ROWS, 11, false, timed);
    assert_int_equal(features_init(&features, &table, true), STATUS_OK);
}

static void close_table(void)
{
    features_free(&features);
    table_free(&table);
}

static size_t told;

static void note_progress(void *context, size_t done, size_t total)
{
    assert_ptr_equal(context, &told);
    assert_int_equal(done, ++told);
    assert_int_equal(total, 12);
}

/* Outcomes by lot: over several draws the AUC is one half. */
static void chance_stays_chance(void **state)
{
    (void)state;
    enum { DRAWS = 6 };
    struct random random = {12};
    char reason[REASON_MAX + 1];
    double means[2] = {0, 0};
    const struct evaluation_options options = {
        .folds = 3, .repeats = 2, .seed = 1, .progress = note_progress, .context = &told};
    open_table(false);
    for (int draw = 0; draw < DRAWS; draw++) {
        struct evaluation evaluation;
        for (size_t i = 0; i < ROWS; i++)
            table.positives[i] = random_below(&random, 3) == 0;
        told = 0;
        assert_int_equal(evaluation_run(&features, NULL, &options, &evaluation, reason), STATUS_OK);
        assert_int_equal(told, 12);
        assert_int_equal(evaluation.tests, 6);
        assert_int_equal(evaluation.candidates, 2);
        for (size_t c = 0; c < evaluation.candidates; c++)
            means[c] += evaluation.measures[c][MEASURE_AUC].mean / DRAWS;
        evaluation_free(&evaluation);
    }
    for (size_t c = 0; c < 2; c++)
        assert_true(fabs(means[c] - 0.5) < 0.04);
    close_table();
}

/* What is kept for pictures are predictions of every row, and they give the measures again. */
static void predictions_are_kept(void **state)
{
    (void)state;
    struct evaluation evaluation;
    char reason[REASON_MAX + 1];
    double values[MEASURE_COUNT];
    const struct evaluation_options options = {.folds = 2, .repeats = 1, .seed = 1};
    open_table(false);
    assert_int_equal(evaluation_run(&features, NULL, &options, &evaluation, reason), STATUS_OK);
    assert_int_equal(evaluation.count, ROWS);
    assert_memory_equal(evaluation.positives, table.positives, ROWS);
    assert_int_equal(
        measures_of(evaluation.probabilities[CANDIDATE_MODEL], evaluation.positives, ROWS, values),
        STATUS_OK);
    /* Brier scores are means over rows, so those of two equal folds average to that of all. */
    assert_true(fabs(values[MEASURE_BRIER] -
                     evaluation.measures[CANDIDATE_MODEL][MEASURE_BRIER].mean) < 1e-9);
    evaluation_free(&evaluation);
    close_table();
}

/* The rule turns around at the end of time: who saw it would know, who did not is worse than
 * chance. */
static void the_future_is_not_seen(void **state)
{
    (void)state;
    struct evaluation evaluation;
    char reason[REASON_MAX + 1];
    const struct evaluation_options options = {
        .folds = 2, .repeats = 1, .test_share = 0.25, .seed = 1};
    open_table(true);
    for (size_t i = ROWS * 3 / 4; i < ROWS; i++)
        table.positives[i] = !table.positives[i];
    assert_int_equal(evaluation_run(&features, NULL, &options, &evaluation, reason), STATUS_OK);
    assert_int_equal(evaluation.tests, 1);
    assert_int_equal(evaluation.count, ROWS / 4);
    assert_true(evaluation.measures[CANDIDATE_MODEL][MEASURE_AUC].high < 0.5);
    evaluation_free(&evaluation);
    close_table();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chance_stays_chance),
        cmocka_unit_test(predictions_are_kept),
        cmocka_unit_test(the_future_is_not_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
