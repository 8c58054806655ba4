/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/baseline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learning/logistic.h"
#include "learning/measures.h"

/* A bin that fewer rows are in than this is drawn to the average by so many average rows. */
static const double prior_rows = 20;
static const double penalty = 0.01;

/* How often each outcome is in a bin. */
struct bin {
    double negatives;
    double positives;
};

struct baseline_work {
    const struct table *table;
    const size_t *rows;
    size_t count;
    double rate; /* of positives */
    struct points *points;
    double (*evidence)[MODEL_LEVELS_MAX + 1]; /* of each column's bins; the last is of missing */
    double *scratch;                          /* one a row */
};

/* Weight of evidence: the log-odds of a bin less those of everybody. */
static double bin_evidence(const struct baseline_work *work, const struct bin *bin)
{
    double positives = bin->positives + prior_rows * work->rate;
    double negatives = bin->negatives + prior_rows * (1 - work->rate);
    return log(positives / negatives) - log(work->rate / (1 - work->rate));
}

/* The values present of a column, sorted, in scratch. */
static size_t values_sort(struct baseline_work *work, size_t column)
{
    size_t present = 0;
    for (size_t i = 0; i < work->count; i++) {
        double value = table_row(work->table, work->rows[i])[column];
        if (isfinite(value))
            work->scratch[present++] = value;
    }
    if (present > 0)
        qsort(work->scratch, present, sizeof *work->scratch, measure_order);
    return present;
}

/* Bins of about equal size; a value that is in several of them is in the first alone. */
static void bins_cut(struct baseline_work *work, size_t at_column, struct points_column *column)
{
    size_t present = values_sort(work, at_column);
    size_t count = 0;
    for (size_t k = 1; k < POINTS_BINS_MAX && present > 0; k++) {
        /* A bin ends between two values, so that it does not hang on how one is written. */
        size_t at = k * present / POINTS_BINS_MAX;
        while (at < present && at > 0 && work->scratch[at] == work->scratch[at - 1])
            at++;
        if (at == 0 || at >= present)
            continue;
        double below = (work->scratch[at - 1] + work->scratch[at]) / 2;
        if (count == 0 || below > column->below[count - 1])
            column->below[count++] = below;
    }
    assert(count < POINTS_BINS_MAX);
    column->below[count++] = INFINITY;
    column->bin_count = count;
}

/* Joins neighbours until evidence follows the direction. */
static void bins_pool(const struct baseline_work *work, struct bin bins[],
                      struct points_column *column)
{
    int direction = column->column.direction;
    size_t kept = 0;
    for (size_t i = 0; i < column->bin_count; i++) {
        struct bin bin = bins[i];
        while (kept > 0 &&
               direction * (bin_evidence(work, &bin) - bin_evidence(work, &bins[kept - 1])) < 0) {
            kept--;
            bin.negatives += bins[kept].negatives;
            bin.positives += bins[kept].positives;
        }
        column->below[kept] = column->below[i];
        bins[kept++] = bin;
    }
    assert(kept > 0 && kept <= column->bin_count);
    column->bin_count = kept;
}

static void bins_count(const struct baseline_work *work, size_t column,
                       struct bin bins[MODEL_LEVELS_MAX + 1])
{
    for (size_t i = 0; i < work->count; i++) {
        size_t row = work->rows[i];
        size_t at = points_bin(&work->points->columns[column], table_row(work->table, row)[column]);
        *(work->table->positives[row] ? &bins[at].positives : &bins[at].negatives) += 1;
    }
}

/* Bins of a column, and the evidence of each. */
static void column_bin(struct baseline_work *work, size_t at)
{
    struct points_column *column = &work->points->columns[at];
    struct bin bins[MODEL_LEVELS_MAX + 1] = {0};
    bool numeric = column->column.kind == MODEL_NUMERIC;
    if (numeric)
        bins_cut(work, at, column);
    bins_count(work, at, bins);
    if (numeric)
        bins_pool(work, bins, column);
    for (size_t i = 0; i <= POINTS_MISSING; i++)
        work->evidence[at][i] = bin_evidence(work, &bins[i]);
}

/* A logistic regression over the evidence: `weights`, one a column, none below 0, and the
 * intercept. */
static enum status weights_fit(struct baseline_work *work, double weights[])
{
    size_t width = work->table->column_count;
    enum status status = STATUS_UNAVAILABLE;
    double *values = calloc(work->count * width, sizeof *values);
    uint8_t *positives = calloc(work->count, sizeof *positives);
    int8_t directions[MODEL_COLUMNS_MAX];
    memset(directions, 1, sizeof directions);
    assert(width <= MODEL_COLUMNS_MAX);
    if (values != NULL && positives != NULL) {
        for (size_t i = 0; i < work->count; i++) {
            const double *row = table_row(work->table, work->rows[i]);
            positives[i] = work->table->positives[work->rows[i]];
            for (size_t k = 0; k < width; k++)
                values[i * width + k] =
                    work->evidence[k][points_bin(&work->points->columns[k], row[k])];
        }
        struct logistic_problem problem = {values, positives, work->count, width,
                                           1,      penalty,   directions};
        status = logistic_fit(&problem, weights);
    }
    free(values);
    free(positives);
    return status;
}

static int32_t whole_points(double log_odds)
{
    return (int32_t)lround(-log_odds * POINTS_DOUBLE / log(2));
}

static enum status columns_copy(const struct table *table, struct points *points)
{
    points->columns = calloc(table->column_count, sizeof *points->columns);
    if (points->columns == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->column_count; i++) {
        enum status status = model_column_copy(&table->columns[i], &points->columns[i].column);
        if (status != STATUS_OK)
            return status;
        points->column_count++;
    }
    return STATUS_OK;
}

static enum status fit(struct baseline_work *work)
{
    struct points *points = work->points;
    double *weights = calloc(work->table->column_count + 1, sizeof *weights);
    enum status status = weights == NULL ? STATUS_UNAVAILABLE : columns_copy(work->table, points);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < points->column_count; i++)
            column_bin(work, i);
        status = weights_fit(work, weights);
    }
    if (status == STATUS_OK) {
        points->base = POINTS_EVEN + whole_points(weights[points->column_count]);
        for (size_t i = 0; i < points->column_count; i++) {
            for (size_t k = 0; k < MODEL_LEVELS_MAX; k++)
                points->columns[i].points[k] = whole_points(weights[i] * work->evidence[i][k]);
            points->columns[i].missing =
                whole_points(weights[i] * work->evidence[i][POINTS_MISSING]);
        }
    }
    free(weights);
    return status;
}

enum status baseline_fit(const struct table *table, const size_t rows[], size_t count,
                         struct points *points)
{
    size_t positives = table_positives(table, rows, count);
    struct baseline_work work = {.table = table, .rows = rows, .count = count, .points = points};
    *points = (struct points){0};
    if (positives == 0 || positives == count)
        return STATUS_INVALID;
    work.rate = (double)positives / (double)count;
    assert(work.rate > 0 && work.rate < 1); /* so that every bin has evidence */
    work.evidence = calloc(table->column_count, sizeof *work.evidence);
    work.scratch = calloc(count, sizeof *work.scratch);
    enum status status = STATUS_UNAVAILABLE;
    if (work.evidence != NULL && work.scratch != NULL)
        status = fit(&work);
    free(work.evidence);
    free(work.scratch);
    if (status != STATUS_OK)
        points_free(points);
    return status;
}
