/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/baseline.h"

#include <stdlib.h>

#include "../synthetic.h"
#include "learning/measures.h"

enum { ROWS = 4000, TRAIN = 3000 };
static struct table table;
static struct points points;

static int fit(void **state)
{
    (void)state;
    static size_t rows[TRAIN];
    for (size_t i = 0; i < TRAIN; i++)
        rows[i] = i;
    synthetic_table(&table, ROWS, 5, false, false);
    return baseline_fit(&table, rows, TRAIN, &points) == STATUS_OK ? 0 : -1;
}

static int clear(void **state)
{
    (void)state;
    table_free(&table);
    points_free(&points);
    return 0;
}

static void it_knows_unseen_rows(void **state)
{
    (void)state;
    static double said[ROWS];
    double values[MEASURE_COUNT];
    double mean = 0;
    double happened = 0;
    for (size_t i = TRAIN; i < ROWS; i++) {
        said[i] = points_probability(points_score(&points, table_row(&table, i)));
        mean += said[i];
        happened += table.positives[i];
    }
    assert_int_equal(measures_of(said + TRAIN, table.positives + TRAIN, ROWS - TRAIN, values),
                     STATUS_OK);
    assert_true(values[MEASURE_AUC] > 0.75);
    assert_true(fabs(mean - happened) / (ROWS - TRAIN) < 0.04);
}

/* More points are less risk: they fall with debt and rise with income. */
static void points_follow_directions(void **state)
{
    (void)state;
    const struct points_column *income = &points.columns[INCOME];
    const struct points_column *debt = &points.columns[DEBT];
    assert_true(income->bin_count > 2 && debt->bin_count > 2);
    for (size_t i = 1; i < income->bin_count; i++)
        assert_true(income->points[i] >= income->points[i - 1]);
    for (size_t i = 1; i < debt->bin_count; i++)
        assert_true(debt->points[i] <= debt->points[i - 1]);
    assert_true(points.columns[JOB].points[0] > points.columns[JOB].points[3]);
}

/* What is noise gets next to nothing. */
static void noise_counts_little(void **state)
{
    (void)state;
    for (size_t i = 0; i < points.columns[NOISE].bin_count; i++)
        assert_true(abs(points.columns[NOISE].points[i]) <= 6);
}

static void one_outcome_is_refused(void **state)
{
    (void)state;
    struct points none;
    size_t row = 0;
    assert_int_equal(baseline_fit(&table, &row, 1, &none), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_knows_unseen_rows),
        cmocka_unit_test(points_follow_directions),
        cmocka_unit_test(noise_counts_little),
        cmocka_unit_test(one_outcome_is_refused),
    };
    return cmocka_run_group_tests(tests, fit, clear);
}
