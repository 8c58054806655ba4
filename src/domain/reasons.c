/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reasons.h"

/* Puts `reason` where it belongs by strength; the weakest of more than REASONS_MAX falls out. */
static void insert(struct reasons *reasons, struct reason reason, bool approved)
{
    int64_t sign = approved ? -1 : 1;
    size_t place = reasons->count;
    while (place > 0 && sign * reasons->list[place - 1].weight < sign * reason.weight)
        place--;
    if (place == REASONS_MAX)
        return;
    if (reasons->count < REASONS_MAX)
        reasons->count++;
    for (size_t i = reasons->count - 1; i > place; i--)
        reasons->list[i] = reasons->list[i - 1];
    reasons->list[place] = reason;
}

static bool is_reason(const int32_t weights[], int feature, bool approved)
{
    return approved ? weights[feature] < 0 : weights[feature] > 0;
}

/* True if another feature of its family says the same more strongly. */
static bool is_outweighed(const int32_t weights[], int feature, bool approved)
{
    int64_t sign = approved ? -1 : 1;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        int64_t more = sign * weights[i] - sign * weights[feature];
        if (feature_definitions[i].family == feature_definitions[feature].family &&
            (more > 0 || (more == 0 && i < feature)))
            return true;
    }
    return false;
}

struct reasons reasons_pick(const int32_t weights[FEATURE_COUNT], bool approved,
                            enum emotion_guard guard)
{
    struct reasons reasons = {0};
    bool emotions_count = approved || guard != GUARD_MAY_ONLY_HELP;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        if (is_reason(weights, i, approved) && !is_outweighed(weights, i, approved) &&
            (emotions_count || feature_definitions[i].group == GROUP_FINANCIAL))
            insert(&reasons, (struct reason){(enum feature)i, weights[i]}, approved);
    }
    return reasons;
}

struct reasons reasons_pick_formerly(const int32_t weights[FEATURE_COUNT], bool approved)
{
    struct reasons reasons = {0};
    for (int i = 0; i < FEATURE_COUNT; i++) {
        if (is_reason(weights, i, approved))
            insert(&reasons, (struct reason){(enum feature)i, weights[i]}, approved);
    }
    return reasons;
}
