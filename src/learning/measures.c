/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/measures.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

const char *measure_name(enum measure measure)
{
    static const char *const names[MEASURE_COUNT] = {"AUC", "KS", "Brier", "log loss"};
    return names[measure];
}

double measure_log_loss(double log_odds, bool positive)
{
    double toward = positive ? -log_odds : log_odds;
    return fmax(toward, 0) + log1p(exp(-fabs(toward)));
}

int measure_order(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* AUC and KS in one walk over the sorted predictions, ties taken together. */
static void ranks_measure(const struct rated rated[], size_t count, double values[MEASURE_COUNT])
{
    size_t positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += rated[i].positive;
    size_t negatives = count - positives;
    assert(positives > 0 && negatives > 0);
    size_t below[2] = {0, 0}; /* of each outcome, so far */
    double pairs = 0;
    double distance = 0;
    for (size_t i = 0; i < count;) {
        size_t tied[2] = {0, 0};
        for (double p = rated[i].value; i < count && rated[i].value == p; i++)
            tied[rated[i].positive]++;
        pairs += (double)tied[1] * ((double)below[0] + 0.5 * (double)tied[0]);
        below[0] += tied[0];
        below[1] += tied[1];
        distance = fmax(distance, fabs((double)below[0] / (double)negatives -
                                       (double)below[1] / (double)positives));
    }
    assert(below[0] == negatives && below[1] == positives && distance <= 1);
    values[MEASURE_AUC] = pairs / ((double)positives * (double)negatives);
    values[MEASURE_KS] = distance;
}

/* Sorts `rated`. */
static void rated_measure(struct rated rated[], size_t count, double values[MEASURE_COUNT])
{
    static const double least = 1e-15;
    double squares = 0;
    double losses = 0;
    for (size_t i = 0; i < count; i++) {
        double p = rated[i].value;
        double happened = rated[i].positive ? p : 1 - p;
        squares += (1 - happened) * (1 - happened);
        losses -= log(fmax(happened, least));
    }
    values[MEASURE_BRIER] = squares / (double)count;
    values[MEASURE_LOG_LOSS] = losses / (double)count;
    qsort(rated, count, sizeof *rated, measure_order);
    ranks_measure(rated, count, values);
}

/* The caller frees. NULL: memory is out. */
static struct rated *rated_of(const double values[], const uint8_t positives[], size_t count)
{
    struct rated *rated = calloc(count, sizeof *rated);
    for (size_t i = 0; rated != NULL && i < count; i++)
        rated[i] = (struct rated){values[i], positives[i]};
    return rated;
}

struct rated *rated_sort(const double values[], const uint8_t positives[], size_t count)
{
    struct rated *rated = rated_of(values, positives, count);
    if (rated != NULL && count > 0)
        qsort(rated, count, sizeof *rated, measure_order);
    return rated;
}

double rated_auc(struct rated rated[], size_t count)
{
    double values[MEASURE_COUNT];
    size_t positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += rated[i].positive;
    if (positives == 0 || positives == count)
        return 0.5;
    qsort(rated, count, sizeof *rated, measure_order);
    ranks_measure(rated, count, values);
    return values[MEASURE_AUC];
}

enum status measures_of(const double probabilities[], const uint8_t positives[], size_t count,
                        double values[MEASURE_COUNT])
{
    struct rated *rated = rated_of(probabilities, positives, count);
    if (rated == NULL)
        return STATUS_UNAVAILABLE;
    rated_measure(rated, count, values);
    free(rated);
    return STATUS_OK;
}

/* The 97.5th percentile of Student's t: by table, and for more degrees of freedom by an expansion
 * (Cornish and Fisher) that is within 0.005 there. */
static double t_975(size_t degrees)
{
    static const double few[] = {12.7062, 4.3027, 3.1824, 2.7764};
    double freedom = (double)degrees;
    assert(degrees > 0);
    if (degrees <= sizeof few / sizeof few[0])
        return few[degrees - 1];
    static const double z = 1.959963984540054;
    double z3 = z * z * z;
    double z5 = z3 * z * z;
    return z + (z3 + z) / (4 * freedom) + (5 * z5 + 16 * z3 + 3 * z) / (96 * freedom * freedom) +
           (3 * z5 * z * z + 19 * z5 + 17 * z3 - 15 * z) / (384 * freedom * freedom * freedom);
}

struct interval interval_of_folds(const double values[], size_t count, double test_share)
{
    double mean = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        mean += values[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    if (count < 2)
        return (struct interval){mean, mean, mean};
    double variance = squares / (double)(count - 1);
    double error = sqrt(variance * (1 / (double)count + test_share / (1 - test_share)));
    double reach = t_975(count - 1) * error;
    return (struct interval){mean, mean - reach, mean + reach};
}

/* The bootstrap as it goes on. A candidate has MEASURE_COUNT + 1 values: the last is the gain. */
struct bootstrap {
    const double *const *probabilities;
    const uint8_t *positives;
    size_t candidates;
    size_t count;
    size_t *rows; /* the negative ones first */
    size_t *sample;
    struct rated *rated;
    double *drawn; /* BOOTSTRAP_SAMPLES of each value of each candidate */
};
enum { VALUES = MEASURE_COUNT + 1, GAIN = MEASURE_COUNT };

/* Measures all candidates on the same rows. */
static void sample_measure(struct bootstrap *bootstrap, const size_t rows[],
                           double values[][VALUES])
{
    for (size_t c = 0; c < bootstrap->candidates; c++) {
        for (size_t i = 0; i < bootstrap->count; i++)
            bootstrap->rated[i] =
                (struct rated){bootstrap->probabilities[c][rows[i]], bootstrap->positives[rows[i]]};
        rated_measure(bootstrap->rated, bootstrap->count, values[c]);
        values[c][GAIN] = values[0][MEASURE_AUC] - values[c][MEASURE_AUC];
    }
}

static void bootstrap_run(struct bootstrap *bootstrap, uint64_t seed,
                          struct interval intervals[][MEASURE_COUNT], struct interval gains[])
{
    double values[CANDIDATES_MAX][VALUES];
    struct random random = {seed};
    size_t negatives = 0;
    size_t at = 0;
    for (int positive = 0; positive <= 1; positive++)
        for (size_t i = 0; i < bootstrap->count; i++)
            if (bootstrap->positives[i] == positive) {
                bootstrap->rows[at++] = i;
                negatives += !positive;
            }
    assert(at == bootstrap->count && negatives > 0 && negatives < at);
    assert(bootstrap->candidates > 0 && bootstrap->candidates <= CANDIDATES_MAX);
    for (size_t k = 0; k < BOOTSTRAP_SAMPLES; k++) {
        /* As many of each outcome as there are, with replacement. */
        for (size_t i = 0; i < at; i++) {
            size_t drawn = i < negatives ? random_below(&random, negatives)
                                         : negatives + random_below(&random, at - negatives);
            bootstrap->sample[i] = bootstrap->rows[drawn];
        }
        sample_measure(bootstrap, bootstrap->sample, values);
        for (size_t c = 0; c < bootstrap->candidates; c++)
            for (size_t v = 0; v < VALUES; v++)
                bootstrap->drawn[(c * VALUES + v) * BOOTSTRAP_SAMPLES + k] = values[c][v];
    }
    sample_measure(bootstrap, bootstrap->rows, values);
    for (size_t c = 0; c < bootstrap->candidates; c++)
        for (size_t v = 0; v < VALUES; v++) {
            double *drawn = bootstrap->drawn + (c * VALUES + v) * BOOTSTRAP_SAMPLES;
            qsort(drawn, BOOTSTRAP_SAMPLES, sizeof *drawn, measure_order);
            *(v == GAIN ? &gains[c] : &intervals[c][v]) =
                (struct interval){values[c][v], drawn[BOOTSTRAP_SAMPLES / 40],
                                  drawn[BOOTSTRAP_SAMPLES - 1 - BOOTSTRAP_SAMPLES / 40]};
        }
}

enum status interval_by_bootstrap(const double *const probabilities[], size_t candidates,
                                  const uint8_t positives[], size_t count, uint64_t seed,
                                  struct interval intervals[][MEASURE_COUNT],
                                  struct interval gains[])
{
    struct bootstrap bootstrap = {
        .probabilities = probabilities,
        .positives = positives,
        .candidates = candidates,
        .count = count,
        .rows = calloc(count, sizeof *bootstrap.rows),
        .sample = calloc(count, sizeof *bootstrap.sample),
        .rated = calloc(count, sizeof *bootstrap.rated),
        .drawn = calloc(candidates * VALUES * BOOTSTRAP_SAMPLES, sizeof *bootstrap.drawn),
    };
    enum status status = STATUS_UNAVAILABLE;
    if (bootstrap.rows != NULL && bootstrap.sample != NULL && bootstrap.rated != NULL &&
        bootstrap.drawn != NULL) {
        bootstrap_run(&bootstrap, seed, intervals, gains);
        status = STATUS_OK;
    }
    free(bootstrap.rows);
    free(bootstrap.sample);
    free(bootstrap.rated);
    free(bootstrap.drawn);
    return status;
}
