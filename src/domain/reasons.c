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

struct reasons reasons_pick(const int32_t weights[FEATURE_COUNT], bool approved)
{
    struct reasons reasons = {0};
    for (int i = 0; i < FEATURE_COUNT; i++) {
        if (approved ? weights[i] < 0 : weights[i] > 0)
            insert(&reasons, (struct reason){(enum feature)i, weights[i]}, approved);
    }
    return reasons;
}
