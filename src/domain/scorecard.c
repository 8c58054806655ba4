/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scorecard.h"

#include <assert.h>

/* Log-odds are in thousandths. */
enum {
    INTERCEPT = 600, /* somebody of whom nothing is known is a little too risky */
    PER_TRANSACTION = -25,
    TRANSACTIONS_MAX = 60,
    PER_POSITIVITY = -3000, /* from 0 to 1; 0.5 is neutral */
    PER_STRESS_EVENT = 40,
    STRESS_EVENTS_MAX = 60,
    PER_HUNDRED_UNITS = 200, /* of the average transaction value */
    AVERAGE_CENTS_MAX = 100000
};

/* The logistic function at 0, 0.5, … 6, in millionths; between them it is taken as straight. */
static const int32_t logistic_table[] = {500000, 622459, 731059, 817574, 880797, 924142, 952574,
                                         970688, 982014, 989013, 993307, 995930, 997527};
enum { TABLE_STEP = 500, TABLE_END = 6000 };

static int32_t logistic(int64_t log_odds)
{
    if (log_odds < 0)
        return MILLIONTHS - logistic(-log_odds);
    if (log_odds >= TABLE_END)
        return logistic_table[TABLE_END / TABLE_STEP];
    assert(log_odds / TABLE_STEP + 1 < (int64_t)(sizeof logistic_table / sizeof *logistic_table));
    int64_t at = log_odds / TABLE_STEP, rest = log_odds % TABLE_STEP;
    int32_t low = logistic_table[at], high = logistic_table[at + 1];
    return low + (int32_t)((high - low) * rest / TABLE_STEP);
}

static int64_t at_most(int64_t value, int64_t max)
{
    return value < max ? value : max;
}

/* What the features add to the log-odds, in the order of `terms`. */
enum { TERM_COUNT = 4 };
static const enum feature terms[TERM_COUNT] = {
    FEATURE_transaction_count_30d,
    FEATURE_avg_positivity_7d,
    FEATURE_stress_events_30d,
    FEATURE_avg_transaction_value_30d,
};

static void terms_compute(const struct features *features, int64_t log_odds[TERM_COUNT])
{
    const int64_t *value = features->values;
    int64_t average = at_most(value[FEATURE_avg_transaction_value_30d], AVERAGE_CENTS_MAX);
    log_odds[0] = PER_TRANSACTION * at_most(value[terms[0]], TRANSACTIONS_MAX);
    log_odds[1] = PER_POSITIVITY * (value[terms[1]] - MILLIONTHS / 2) / MILLIONTHS;
    log_odds[2] = PER_STRESS_EVENT * at_most(value[terms[2]], STRESS_EVENTS_MAX);
    log_odds[3] = PER_HUNDRED_UNITS * average / 10000;
}

int32_t scorecard_risk(const struct features *features)
{
    int64_t log_odds[TERM_COUNT];
    terms_compute(features, log_odds);
    return logistic(INTERCEPT + log_odds[0] + log_odds[1] + log_odds[2] + log_odds[3]);
}

static enum status risks_of(void *self, enum risk_basis basis, const struct features features[],
                            size_t count, int32_t risks[])
{
    (void)self;
    for (size_t i = 0; i < count; i++) {
        struct features financial = features_without_emotions(&features[i]);
        risks[i] = scorecard_risk(basis == BASIS_FULL ? &features[i] : &financial);
    }
    return STATUS_OK;
}

static enum status weigh(void *self, enum risk_basis basis, const struct features *features,
                         int32_t weights[FEATURE_COUNT])
{
    (void)self;
    struct features financial = features_without_emotions(features);
    int64_t log_odds[TERM_COUNT];
    terms_compute(basis == BASIS_FULL ? features : &financial, log_odds);
    for (int i = 0; i < FEATURE_COUNT; i++)
        weights[i] = 0;
    for (int i = 0; i < TERM_COUNT; i++)
        weights[terms[i]] = (int32_t)log_odds[i] * (MILLIONTHS / 1000);
    return STATUS_OK;
}

const struct risk_model scorecard_model = {.risks = risks_of, .weigh = weigh};
