/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learning/baseline.h"
#include "learning/split.h"

/* The evaluation as it goes on. */
struct work {
    const struct features *features[CANDIDATE_COUNT];
    const struct table *table;
    const struct evaluation_options *options;
    struct evaluation *evaluation;
    size_t *rows;       /* of a test: those to train on, then those to test */
    size_t *all;        /* every row */
    uint8_t *folds;     /* of every row */
    double *predicted;  /* of one test's rows */
    uint8_t *positives; /* of one test's rows */
    double *values;     /* of each candidate, measure and test; then each candidate's gains */
    char *reason;
};

static enum status fault(struct work *work, enum status status, const char *what)
{
    snprintf(work->reason, REASON_MAX + 1, "%s", what);
    return status;
}

/* Copies rows out of the table. The caller frees. */
static double *rows_gather(const struct table *table, const size_t rows[], size_t count)
{
    double *gathered = calloc(count * table->column_count, sizeof *gathered);
    for (size_t i = 0; gathered != NULL && i < count; i++)
        memcpy(gathered + i * table->column_count, table_row(table, rows[i]),
               table->column_count * sizeof *gathered);
    return gathered;
}

enum status evaluation_predict(const struct features *features, const struct fit *fit,
                               const size_t rows[], size_t count, double probabilities[])
{
    const struct table *table = features->table;
    char reason[REASON_MAX + 1];
    struct part *part;
    double *gathered = rows_gather(table, rows, count);
    if (gathered == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = part_open(table->columns, features->uses, table->column_count,
                                   &fit->numbers, buf_slice(&fit->trees), &part, reason);
    if (status == STATUS_OK) {
        status = part_predict(part, gathered, count, probabilities);
        part_close(part);
    }
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        probabilities[i] = probability_of(probabilities[i]);
    free(gathered);
    return status;
}

static enum status scorecard_predict(struct work *work, size_t train, size_t test)
{
    struct points points;
    enum status status = baseline_fit(work->table, work->rows, train, &points);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < test; i++)
        work->predicted[i] = points_probability(
            points_score(&points, table_row(work->table, work->rows[train + i])));
    points_free(&points);
    return STATUS_OK;
}

static enum status model_predict_rows(struct work *work, enum candidate candidate, size_t train,
                                      size_t test, uint64_t seed)
{
    struct fit fit;
    enum status status = fit_part(work->features[candidate], work->rows, train, seed, &fit);
    if (status == STATUS_INVALID)
        return fault(work, status, "too few rows of one outcome to train on");
    if (status != STATUS_OK)
        return status;
    status = evaluation_predict(work->features[candidate], &fit, work->rows + train, test,
                                work->predicted);
    fit_free(&fit);
    return status;
}

/* Fits each candidate to the first `train` of work->rows, and tests it on the `test` behind them.
 * `keep`: the predictions are for pictures, at those places. */
static enum status test_run(struct work *work, size_t train, size_t test, size_t number,
                            const size_t *keep)
{
    struct evaluation *evaluation = work->evaluation;
    uint64_t seed = work->options->seed + number * 1000;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < test; i++)
        work->positives[i] = work->table->positives[work->rows[train + i]];
    for (size_t c = 0; c < evaluation->candidates && status == STATUS_OK; c++) {
        double measured[MEASURE_COUNT];
        status = c == CANDIDATE_SCORECARD
                     ? scorecard_predict(work, train, test)
                     : model_predict_rows(work, (enum candidate)c, train, test, seed);
        if (status == STATUS_OK)
            status = measures_of(work->predicted, work->positives, test, measured);
        if (status != STATUS_OK)
            break;
        for (size_t m = 0; m < MEASURE_COUNT; m++)
            work->values[(c * (MEASURE_COUNT + 1) + m) * evaluation->tests + number] = measured[m];
        for (size_t i = 0; keep != NULL && i < test; i++)
            evaluation->probabilities[c][keep[i]] = work->predicted[i];
        if (work->options->progress != NULL)
            work->options->progress(work->options->context, number * evaluation->candidates + c + 1,
                                    evaluation->tests * evaluation->candidates);
    }
    return status;
}

static enum status folds_run(struct work *work)
{
    const struct evaluation_options *options = work->options;
    size_t count = work->table->row_count;
    enum status status = STATUS_OK;
    memcpy(work->evaluation->positives, work->table->positives, count);
    for (size_t number = 0; number < work->evaluation->tests && status == STATUS_OK; number++) {
        size_t fold = number % options->folds;
        size_t train = 0;
        size_t test = 0;
        if (fold == 0)
            status = split_folds(work->table, work->all, count, options->folds,
                                 options->seed + number, work->folds);
        for (size_t i = 0; i < count; i++)
            if (work->folds[i] != fold)
                work->rows[train++] = i;
        for (size_t i = 0; i < count; i++)
            if (work->folds[i] == fold)
                work->rows[train + test++] = i;
        if (status == STATUS_OK)
            status = test_run(work, train, test, number,
                              number < options->folds ? work->rows + train : NULL);
        work->evaluation->train_rows = train;
    }
    return status;
}

/* Few folds make wide intervals: they end where the measure does. */
static struct interval measure_interval(enum measure measure, const double values[], size_t count,
                                        double test_share)
{
    struct interval interval = interval_of_folds(values, count, test_share);
    interval.low = fmax(interval.low, 0);
    if (measure != MEASURE_LOG_LOSS)
        interval.high = fmin(interval.high, 1);
    return interval;
}

static void folds_measure(struct work *work)
{
    struct evaluation *evaluation = work->evaluation;
    size_t tests = evaluation->tests;
    double share = 1 / (double)work->options->folds;
    for (size_t c = 0; c < evaluation->candidates; c++) {
        double *values = work->values + c * (MEASURE_COUNT + 1) * tests;
        double *gains = values + MEASURE_COUNT * tests;
        for (size_t m = 0; m < MEASURE_COUNT; m++)
            evaluation->measures[c][m] =
                measure_interval((enum measure)m, values + m * tests, tests, share);
        for (size_t i = 0; i < tests; i++)
            gains[i] = work->values[MEASURE_AUC * tests + i] - values[MEASURE_AUC * tests + i];
        evaluation->gains[c] = interval_of_folds(gains, tests, share);
    }
}

/* One test, on the last rows. */
static enum status time_run(struct work *work)
{
    struct evaluation *evaluation = work->evaluation;
    size_t train;
    split_by_time(work->table, work->options->test_share, work->rows, &train);
    size_t test = work->table->row_count - train;
    size_t positives = table_positives(work->table, work->rows + train, test);
    if (positives == 0 || positives == test)
        return fault(work, STATUS_INVALID, "the last rows, to test on, have one outcome alone");
    for (size_t i = 0; i < test; i++)
        work->all[i] = i; /* where predictions are kept: in the order of time */
    enum status status = test_run(work, train, test, 0, work->all);
    if (status != STATUS_OK)
        return status;
    evaluation->train_rows = train;
    evaluation->count = test;
    memcpy(evaluation->positives, work->positives, test);
    return intervals_by_bootstrap((const double *const *)evaluation->probabilities,
                                  evaluation->candidates, evaluation->positives, test,
                                  work->options->seed, evaluation->measures, evaluation->gains);
}

static enum status work_init(struct work *work)
{
    struct evaluation *evaluation = work->evaluation;
    size_t count = work->table->row_count;
    work->rows = calloc(count, sizeof *work->rows);
    work->all = calloc(count, sizeof *work->all);
    work->folds = calloc(count, sizeof *work->folds);
    work->predicted = calloc(count, sizeof *work->predicted);
    work->positives = calloc(count, sizeof *work->positives);
    work->values = calloc(evaluation->tests * evaluation->candidates * (MEASURE_COUNT + 1),
                          sizeof *work->values);
    evaluation->positives = calloc(count, sizeof *evaluation->positives);
    bool fine = work->rows != NULL && work->all != NULL && work->folds != NULL &&
                work->predicted != NULL && work->positives != NULL && work->values != NULL &&
                evaluation->positives != NULL;
    for (size_t c = 0; c < evaluation->candidates; c++) {
        evaluation->probabilities[c] = calloc(count, sizeof(double));
        fine = fine && evaluation->probabilities[c] != NULL;
    }
    for (size_t i = 0; fine && i < count; i++)
        work->all[i] = i;
    return fine ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status evaluate(const struct features *full, const struct features *without,
                     const struct evaluation_options *options, struct evaluation *evaluation,
                     char reason[REASON_MAX + 1])
{
    const struct table *table = full->table;
    struct work work = {.features = {full, NULL, without},
                        .table = table,
                        .options = options,
                        .evaluation = evaluation,
                        .reason = reason};
    size_t positives = 0;
    *evaluation = (struct evaluation){
        .candidates = without == NULL ? CANDIDATE_WITHOUT_EMOTIONS : CANDIDATE_COUNT,
        .tests = table->timed ? 1 : options->folds * options->repeats,
        .count = table->row_count,
    };
    for (size_t i = 0; i < table->row_count; i++)
        positives += table->positives[i];
    if (positives < options->folds || table->row_count - positives < options->folds)
        return fault(&work, STATUS_INVALID, "fewer rows of one outcome than folds");
    snprintf(reason, REASON_MAX + 1, "the training failed");
    enum status status = work_init(&work);
    if (status == STATUS_OK)
        status = table->timed ? time_run(&work) : folds_run(&work);
    if (status == STATUS_OK && !table->timed)
        folds_measure(&work);
    free(work.rows);
    free(work.all);
    free(work.folds);
    free(work.predicted);
    free(work.positives);
    free(work.values);
    if (status != STATUS_OK)
        evaluation_free(evaluation);
    return status;
}

void evaluation_free(struct evaluation *evaluation)
{
    for (size_t c = 0; c < CANDIDATE_COUNT; c++)
        free(evaluation->probabilities[c]);
    free(evaluation->positives);
    *evaluation = (struct evaluation){0};
}
