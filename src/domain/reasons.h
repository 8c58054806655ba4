/* SPDX-License-Identifier: Apache-2.0
 *
 * What weighed most in a decision: for a denial what raised the risk, for an approval what lowered
 * it; strongest first, and of each family of features only the strongest.
 */
#ifndef ECS_DOMAIN_REASONS_H
#define ECS_DOMAIN_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/features.h"
#include "domain/guard.h"
#include "limits.h"

struct reason {
    enum feature feature;
    int32_t weight; /* what it added to the log-odds of the risk, millionths; below 0: it helped */
};

struct reasons {
    size_t count; /* at most REASONS_MAX */
    struct reason list[REASONS_MAX];
};

/* Where emotions may only help, none of them is a reason of a denial: the person would have been
 * denied without them too. Of equal weights, the feature that comes first in features.def. */
struct reasons reasons_pick(const int32_t weights[FEATURE_COUNT], bool approved,
                            enum emotion_guard guard);

/* As decisions were explained before families and the guard were looked at; they are still made
 * again (commands/replay.c). */
struct reasons reasons_pick_formerly(const int32_t weights[FEATURE_COUNT], bool approved);

#endif
