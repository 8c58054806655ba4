/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/nearest.h"

#include <string.h>

#include "limits.h"

static const char *const names[LEVER_COUNT] = {"none", "spend_less", "earn_more"};

const char *lever_name(enum lever lever)
{
    return names[lever];
}

enum lever lever_parse(const char *name)
{
    for (int i = 0; i < LEVER_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum lever)i;
    }
    return LEVER_NONE;
}

static void scale(int64_t *value, int32_t percent)
{
    *value = *value * percent / 100;
}

static int64_t quotient(int64_t part, int64_t whole)
{
    return whole == 0 ? 0 : (part + whole / 2) / whole;
}

/* Money in and out have changed: what else follows from them. How often money moved stays, and so
 * do the largest transaction and the spread, which may be of either kind. */
static void follow(const struct features *before, struct features *after)
{
    const int64_t *old = before->values;
    int64_t *value = after->values;
    int64_t moved_90d = value[FEATURE_money_in_90d] + value[FEATURE_money_out_90d];
    value[FEATURE_transaction_sum_30d] += value[FEATURE_money_in_30d] +
                                          value[FEATURE_money_out_30d] - old[FEATURE_money_in_30d] -
                                          old[FEATURE_money_out_30d];
    value[FEATURE_avg_transaction_value_30d] =
        quotient(value[FEATURE_transaction_sum_30d], value[FEATURE_transaction_count_30d]);
    value[FEATURE_avg_transaction_value_90d] =
        quotient(moved_90d, value[FEATURE_transaction_count_90d]);
    if (moved_90d > 0)
        value[FEATURE_outgoings_share_90d] =
            (int64_t)((__int128)value[FEATURE_money_out_90d] * MILLIONTHS / moved_90d);
}

struct features lever_pull(enum lever lever, int32_t percent, const struct features *features)
{
    struct features changed = *features;
    switch (lever) {
    case LEVER_SPEND_LESS:
        scale(&changed.values[FEATURE_money_out_7d], 100 - percent);
        scale(&changed.values[FEATURE_money_out_30d], 100 - percent);
        scale(&changed.values[FEATURE_money_out_90d], 100 - percent);
        break;
    case LEVER_EARN_MORE:
        scale(&changed.values[FEATURE_money_in_30d], 100 + percent);
        scale(&changed.values[FEATURE_money_in_90d], 100 + percent);
        break;
    default:
        return changed;
    }
    follow(features, &changed);
    return changed;
}

enum status nearest_find(const struct features *features, int32_t approve_to,
                         risk_of_features *risk_of, void *context, struct nearest *nearest)
{
    *nearest = (struct nearest){0};
    for (int32_t percent = NEAREST_STEP_PERCENT; percent <= NEAREST_MAX_PERCENT;
         percent += NEAREST_STEP_PERCENT) {
        for (int lever = LEVER_SPEND_LESS; lever < LEVER_COUNT; lever++) {
            struct features changed = lever_pull((enum lever)lever, percent, features);
            int32_t risk;
            enum status status = risk_of(context, &changed, &risk);
            if (status != STATUS_OK)
                return status;
            if (risk <= approve_to) {
                *nearest = (struct nearest){(enum lever)lever, percent, risk};
                return STATUS_OK;
            }
        }
    }
    return STATUS_OK;
}
