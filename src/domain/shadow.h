/* SPDX-License-Identifier: Apache-2.0
 *
 * What a challenger, another model or another policy or both, would have decided. It is recorded
 * and compared; nobody is ever answered from it.
 */
#ifndef ECS_DOMAIN_SHADOW_H
#define ECS_DOMAIN_SHADOW_H

#include "domain/decision.h"

enum { CHALLENGER_NAME_MAX = 48 };

struct shadow_decision {
    struct uuid user_id;
    struct uuid decision_id; /* the decision that was really made */
    char challenger[CHALLENGER_NAME_MAX + 1];
    struct terms terms; /* their texts belong to the challenger's policy */
    int32_t risk;       /* millionths: that would have decided */
    char model[MODEL_NAME_MAX + 1];
    struct hash policy;
};

/* What the policy makes of a score. */
struct shadow_decision shadow_make(const struct decision *decision, const char *challenger,
                                   const struct policy *policy, const struct score *score);
/* The score that a decision recorded, seen by this policy's guard: for a challenger that is a
 * policy alone. */
struct score shadow_recorded_score(const struct decision *decision, const struct policy *policy);
/* True if it is the same result with the same terms. */
bool shadow_agrees(const struct shadow_decision *shadow, const struct decision *decision);

#endif
