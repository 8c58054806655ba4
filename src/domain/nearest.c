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

static enum lever candidate_lever(int candidate)
{
    return (enum lever)(1 + candidate % (LEVER_COUNT - 1));
}

static int32_t candidate_percent(int candidate)
{
    return NEAREST_STEP_PERCENT * (1 + candidate / (LEVER_COUNT - 1));
}

void nearest_candidates(const struct features *features, struct features out[NEAREST_CANDIDATES])
{
    for (int i = 0; i < NEAREST_CANDIDATES; i++)
        out[i] = lever_pull(candidate_lever(i), candidate_percent(i), features);
}

struct nearest nearest_choose(const int32_t risks[NEAREST_CANDIDATES], int32_t approve_to)
{
    for (int i = 0; i < NEAREST_CANDIDATES; i++) {
        if (risks[i] <= approve_to)
            return (struct nearest){candidate_lever(i), candidate_percent(i), risks[i]};
    }
    return (struct nearest){0};
}
