/* SPDX-License-Identifier: Apache-2.0
 *
 * How good predictions are, and within what bounds that is known.
 */
#ifndef ECS_LEARNING_MEASURES_H
#define ECS_LEARNING_MEASURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/splitmix.h"
#include "base/status.h"

enum measure {
    MEASURE_AUC,      /* how often a positive is rated above a negative; ties count half */
    MEASURE_KS,       /* greatest distance between the two outcomes' distributions */
    MEASURE_BRIER,    /* mean squared error of the probability */
    MEASURE_LOG_LOSS, /* mean -ln of the probability given to what happened */
    MEASURE_COUNT
};

const char *measure_name(enum measure measure);

/* Of `count` predictions; both outcomes must occur. UNAVAILABLE: memory is out. */
MUST_CHECK enum status measures_of(const double probabilities[], const uint8_t positives[],
                                   size_t count, double values[MEASURE_COUNT]);

/* What one row adds to the log loss: -ln of the probability that these log-odds give to what
 * happened. It neither overflows nor loses digits. */
double measure_log_loss(double log_odds, bool positive);

/* A prediction, or any other value, and the outcome of its row. */
struct rated {
    double value;
    uint8_t positive;
};

/* The least value first. The caller frees. NULL: memory is out. */
struct rated *rated_sort(const double values[], const uint8_t positives[], size_t count);

/* The AUC alone, of values of any scale, infinite ones too; 0.5 if an outcome does not occur. Sorts
 * `rated`. */
double rated_auc(struct rated rated[], size_t count);

/* For qsort: by the double that an item is, or begins with. */
int measure_order(const void *a, const void *b);

/* A mean with its 95 % confidence interval. */
struct interval {
    double mean;
    double low;
    double high;
};

/* Of one value for each fold of a (repeated) cross-validation. Folds share training rows, so their
 * plain variance is too small; this takes the correction of Nadeau and Bengio (2003):
 * variance * (1 / count + test rows / training rows). `test_share` is of all rows. */
struct interval interval_of_folds(const double values[], size_t count, double test_share);

/* Of predictions on one test set, by several candidates: each measure, and how much the AUC of the
 * first candidate is above that of each; with the 2.5th and 97.5th percentile over
 * BOOTSTRAP_SAMPLES bootstrap samples, each outcome drawn from its own rows. */
enum { BOOTSTRAP_SAMPLES = 500, CANDIDATES_MAX = 4 };
MUST_CHECK enum status interval_by_bootstrap(const double *const probabilities[], size_t candidates,
                                             const uint8_t positives[], size_t count, uint64_t seed,
                                             struct interval intervals[][MEASURE_COUNT],
                                             struct interval gains[]);

/* Random numbers that are the same for the same seed on every machine. */
struct random {
    uint64_t state; /* the seed, at first */
};

/* 0 to bound - 1; the bias is below bound / 2^64. */
static inline size_t random_below(struct random *random, size_t bound)
{
    return (size_t)(((unsigned __int128)splitmix_next(&random->state) * bound) >> 64);
}

static inline void random_shuffle(struct random *random, size_t values[], size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = random_below(random, i);
        size_t value = values[i - 1];
        values[i - 1] = values[other];
        values[other] = value;
    }
}

#endif
