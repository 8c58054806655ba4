/* SPDX-License-Identifier: Apache-2.0
 *
 * What weighed most in a decision: for a denial what raised the risk, for an approval what lowered
 * it; strongest first.
 */
#ifndef ECS_DOMAIN_REASONS_H
#define ECS_DOMAIN_REASONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/features.h"
#include "limits.h"

struct reason {
    enum feature feature;
    int32_t weight; /* what it added to the log-odds of the risk, millionths; below 0: it helped */
};

struct reasons {
    size_t count; /* at most REASONS_MAX */
    struct reason list[REASONS_MAX];
};

/* Of equal weights, the feature that comes first in features.def. */
struct reasons reasons_pick(const int32_t weights[FEATURE_COUNT], bool approved);

#endif
