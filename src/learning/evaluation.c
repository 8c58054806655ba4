/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/evaluation.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learning/baseline.h"
#include "learning/table.h"
#include "model/reason.h"

/* The evaluation as it goes on. */
struct evaluation_work {
    const struct feature_matrix *features[CANDIDATE_COUNT];
    const struct table *table;
    const struct evaluation_options *options;
    struct evaluation *evaluation;
    uint8_t *folds; /* of every row, for each repeat; NULL: parted by time */
    double *values; /* of each candidate, measure and test; then each candidate's gains */
    pthread_mutex_t lock;
    size_t done; /* fits; under the lock */
};

/* One candidate, fitted to the first `train` rows and tested on the `test` behind them. */
struct trial {
    enum candidate candidate;
    uint64_t seed;
    size_t train, test;
    size_t *rows;      /* of the table */
    double *predicted; /* of the test's rows */
    uint8_t *positives;
};

/* Copies rows out of the table. The caller frees. */
static double *rows_gather(const struct table *table, const size_t rows[], size_t count)
{
    double *gathered = calloc(count * table->column_count, sizeof *gathered);
    for (size_t i = 0; gathered != NULL && i < count; i++)
        memcpy(gathered + i * table->column_count, table_row(table, rows[i]),
               table->column_count * sizeof *gathered);
    return gathered;
}

enum status evaluation_predict(const struct feature_matrix *features, const struct fit *fit,
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
        probabilities[i] = calibration_probability(probabilities[i]);
    free(gathered);
    return status;
}

static enum status scorecard_predict(const struct evaluation_work *work, struct trial *trial)
{
    struct points points;
    enum status status = baseline_fit(work->table, trial->rows, trial->train, &points);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < trial->test; i++)
        trial->predicted[i] = points_probability(
            points_score(&points, table_row(work->table, trial->rows[trial->train + i])));
    points_free(&points);
    return STATUS_OK;
}

static enum status model_predict_rows(const struct evaluation_work *work, struct trial *trial)
{
    const struct feature_matrix *features = work->features[trial->candidate];
    struct fit fit;
    enum status status = fit_part(features, trial->rows, trial->train, trial->seed, &fit);
    if (status != STATUS_OK)
        return status;
    status = evaluation_predict(features, &fit, trial->rows + trial->train, trial->test,
                                trial->predicted);
    fit_free(&fit);
    return status;
}

static void trial_part(const struct evaluation_work *work, size_t number, struct trial *trial)
{
    size_t count = work->table->row_count, folds = work->options->folds;
    if (work->folds != NULL)
        trial->train =
            table_part_fold(work->evaluation->rows, count, work->folds + number / folds * count,
                            number % folds, trial->rows);
    else
        table_split_by_time(work->table, work->options->test_share, trial->rows, &trial->train);
    trial->test = count - trial->train;
    for (size_t i = 0; i < trial->test; i++)
        trial->positives[i] = work->table->positives[trial->rows[trial->train + i]];
}

/* Predictions of the first repeat, or of the last rows, are kept: of each row once. */
static void trial_keep(struct evaluation_work *work, size_t number, const struct trial *trial)
{
    struct evaluation *evaluation = work->evaluation;
    bool timed = work->folds == NULL;
    for (size_t i = 0; i < trial->test && number < work->options->folds; i++)
        evaluation->probabilities[trial->candidate][timed ? i : trial->rows[trial->train + i]] =
            trial->predicted[i];
}

static enum status trial_run(struct evaluation_work *work, size_t number, struct trial *trial)
{
    const struct evaluation_options *options = work->options;
    const struct evaluation *evaluation = work->evaluation;
    size_t first = (trial->candidate * (MEASURE_COUNT + 1)) * evaluation->tests + number;
    double measured[MEASURE_COUNT];
    trial_part(work, number, trial);
    enum status status = trial->candidate == CANDIDATE_SCORECARD ? scorecard_predict(work, trial)
                                                                 : model_predict_rows(work, trial);
    if (status == STATUS_OK)
        status = measures_of(trial->predicted, trial->positives, trial->test, measured);
    if (status != STATUS_OK)
        return status;
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        work->values[first + m * evaluation->tests] = measured[m];
    trial_keep(work, number, trial);
    pthread_mutex_lock(&work->lock);
    work->done++;
    assert(work->done <= evaluation->tests * evaluation->candidates);
    if (options->progress != NULL)
        options->progress(options->context, work->done, evaluation->tests * evaluation->candidates);
    pthread_mutex_unlock(&work->lock);
    return STATUS_OK;
}

/* Pieces: the work beside, which is the longest, then the candidates of the first test, and so on.
 */
static enum status piece_run(void *context, size_t piece)
{
    struct evaluation_work *work = context;
    const struct evaluation_options *options = work->options;
    if (piece < options->beside_count)
        return options->beside(options->beside_context, piece);
    piece -= options->beside_count;
    size_t number = piece / work->evaluation->candidates;
    size_t count = work->table->row_count;
    assert(number < work->evaluation->tests);
    struct trial trial = {.candidate = (enum candidate)(piece % work->evaluation->candidates),
                          .seed = options->seed + number * 1000,
                          .rows = calloc(count, sizeof *trial.rows),
                          .predicted = calloc(count, sizeof *trial.predicted),
                          .positives = calloc(count, sizeof *trial.positives)};
    enum status status = STATUS_UNAVAILABLE;
    if (trial.rows != NULL && trial.predicted != NULL && trial.positives != NULL)
        status = trial_run(work, number, &trial);
    free(trial.rows);
    free(trial.predicted);
    free(trial.positives);
    return status;
}

enum { HELPERS_MAX = 63 };

struct spread {
    size_t count;
    evaluation_piece *work;
    void *context;
    atomic_size_t next;
    _Atomic enum status status;
};

static size_t processors_usable(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
}

static void *pieces_do(void *context)
{
    struct spread *spread = context;
    size_t piece;
    while (atomic_load(&spread->status) == STATUS_OK &&
           (piece = atomic_fetch_add(&spread->next, 1)) < spread->count) {
        enum status status = spread->work(spread->context, piece);
        if (status != STATUS_OK)
            atomic_store(&spread->status, status);
    }
    return NULL;
}

enum status evaluation_spread(size_t count, evaluation_piece *work, void *context)
{
    struct spread spread = {.count = count, .work = work, .context = context};
    pthread_t helpers[HELPERS_MAX];
    size_t most = processors_usable() - 1, started = 0;
    while (started < most && started < HELPERS_MAX && started + 1 < count &&
           pthread_create(&helpers[started], NULL, pieces_do, &spread) == 0)
        started++;
    pieces_do(&spread);
    for (size_t i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
    assert(atomic_load(&spread.status) != STATUS_OK || atomic_load(&spread.next) >= count);
    return atomic_load(&spread.status);
}

static enum status trials_run(struct evaluation_work *work, char reason[REASON_MAX + 1])
{
    const struct evaluation *evaluation = work->evaluation;
    size_t trials = evaluation->tests * evaluation->candidates;
    enum status status = evaluation_spread(work->options->beside_count + trials, piece_run, work);
    if (status == STATUS_INVALID)
        snprintf(reason, REASON_MAX + 1, "too few rows of one outcome to train on");
    return status;
}

static enum status folds_run(struct evaluation_work *work, char reason[REASON_MAX + 1])
{
    const struct evaluation_options *options = work->options;
    struct evaluation *evaluation = work->evaluation;
    size_t count = work->table->row_count;
    enum status status = STATUS_OK;
    work->folds = calloc(options->repeats, count);
    if (work->folds == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t repeat = 0; repeat < options->repeats && status == STATUS_OK; repeat++)
        status = table_split_folds(work->table, evaluation->rows, count, options->folds,
                                   options->seed + repeat * options->folds,
                                   work->folds + repeat * count);
    for (size_t i = 0; i < count; i++)
        evaluation->train_rows += work->folds[i] != options->folds - 1;
    return status == STATUS_OK ? trials_run(work, reason) : status;
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

static void folds_measure(struct evaluation_work *work)
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
static enum status time_run(struct evaluation_work *work, char reason[REASON_MAX + 1])
{
    struct evaluation *evaluation = work->evaluation;
    size_t train;
    table_split_by_time(work->table, work->options->test_share, evaluation->rows, &train);
    assert(train <= work->table->row_count);
    size_t test = work->table->row_count - train;
    memmove(evaluation->rows, evaluation->rows + train, test * sizeof *evaluation->rows);
    size_t positives = table_positives(work->table, evaluation->rows, test);
    if (positives == 0 || positives == test)
        return reason_tell(reason, STATUS_INVALID,
                           "the last rows, to test on, have one outcome alone");
    enum status status = trials_run(work, reason);
    if (status != STATUS_OK)
        return status;
    evaluation->train_rows = train;
    evaluation->count = test;
    for (size_t i = 0; i < test; i++)
        evaluation->positives[i] = work->table->positives[evaluation->rows[i]];
    return interval_by_bootstrap((const double *const *)evaluation->probabilities,
                                 evaluation->candidates, evaluation->positives, test,
                                 work->options->seed, evaluation->measures, evaluation->gains);
}

static enum status work_init(struct evaluation_work *work)
{
    struct evaluation *evaluation = work->evaluation;
    size_t count = work->table->row_count;
    work->values = calloc(evaluation->tests * evaluation->candidates * (MEASURE_COUNT + 1),
                          sizeof *work->values);
    evaluation->rows = calloc(count, sizeof *evaluation->rows);
    evaluation->positives = calloc(count, sizeof *evaluation->positives);
    bool fine = work->values != NULL && evaluation->rows != NULL && evaluation->positives != NULL;
    for (size_t c = 0; c < evaluation->candidates; c++) {
        evaluation->probabilities[c] = calloc(count, sizeof(double));
        fine = fine && evaluation->probabilities[c] != NULL;
    }
    for (size_t i = 0; fine && i < count; i++) {
        evaluation->rows[i] = i;
        evaluation->positives[i] = work->table->positives[i];
    }
    return fine ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status evaluation_run(const struct feature_matrix *full, const struct feature_matrix *without,
                           const struct evaluation_options *options, struct evaluation *evaluation,
                           char reason[REASON_MAX + 1])
{
    const struct table *table = full->table;
    struct evaluation_work work = {.features = {full, NULL, without},
                                   .table = table,
                                   .options = options,
                                   .evaluation = evaluation,
                                   .lock = PTHREAD_MUTEX_INITIALIZER};
    size_t positives = 0;
    assert(options->folds >= 2 && options->folds <= TRAINING_FOLDS_MAX);
    assert(options->repeats >= 1 && options->repeats <= TRAINING_REPEATS_MAX);
    *evaluation = (struct evaluation){
        .candidates = without == NULL ? CANDIDATE_WITHOUT_EMOTIONS : CANDIDATE_COUNT,
        .tests = table->timed ? 1 : options->folds * options->repeats,
        .count = table->row_count,
    };
    for (size_t i = 0; i < table->row_count; i++)
        positives += table->positives[i];
    if (positives < options->folds || table->row_count - positives < options->folds)
        return reason_tell(reason, STATUS_INVALID, "fewer rows of one outcome than folds");
    snprintf(reason, REASON_MAX + 1, "the training failed");
    enum status status = work_init(&work);
    if (status == STATUS_OK)
        status = table->timed ? time_run(&work, reason) : folds_run(&work, reason);
    if (status == STATUS_OK && !table->timed)
        folds_measure(&work);
    free(work.folds);
    free(work.values);
    if (status != STATUS_OK)
        evaluation_free(evaluation);
    return status;
}

void evaluation_free(struct evaluation *evaluation)
{
    for (size_t c = 0; c < CANDIDATE_COUNT; c++)
        free(evaluation->probabilities[c]);
    free(evaluation->rows);
    free(evaluation->positives);
    *evaluation = (struct evaluation){0};
}
