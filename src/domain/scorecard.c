/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scorecard.h"

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
    int64_t at = log_odds / TABLE_STEP, rest = log_odds % TABLE_STEP;
    int32_t low = logistic_table[at], high = logistic_table[at + 1];
    return low + (int32_t)((high - low) * rest / TABLE_STEP);
}

static int64_t at_most(int64_t value, int64_t max)
{
    return value < max ? value : max;
}

int32_t scorecard_risk(const struct features *features)
{
    const int64_t *value = features->values;
    int64_t positivity = value[FEATURE_avg_positivity_7d] - MILLIONTHS / 2;
    int64_t average = at_most(value[FEATURE_avg_transaction_value_30d], AVERAGE_CENTS_MAX);
    return logistic(
        INTERCEPT +
        PER_TRANSACTION * at_most(value[FEATURE_transaction_count_30d], TRANSACTIONS_MAX) +
        PER_POSITIVITY * positivity / MILLIONTHS +
        PER_STRESS_EVENT * at_most(value[FEATURE_stress_events_30d], STRESS_EVENTS_MAX) +
        PER_HUNDRED_UNITS * average / 10000);
}
