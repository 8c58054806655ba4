/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/shadow.h"

#include <stdio.h>
#include <string.h>

struct shadow_decision shadow_make(const struct decision *decision, const char *challenger,
                                   const struct policy *policy, const struct score *score)
{
    struct shadow_decision shadow = {
        .user_id = decision->user_id,
        .decision_id = decision->id,
        .terms = policy_apply(policy, score->risk),
        .risk = score->risk,
        .policy = policy->hash,
    };
    snprintf(shadow.challenger, sizeof shadow.challenger, "%s", challenger);
    memcpy(shadow.model, score->model, sizeof shadow.model);
    return shadow;
}

struct score shadow_recorded_score(const struct decision *decision, const struct policy *policy)
{
    struct question question = decision_question(&decision->features, policy);
    struct score score = {.risk_full = decision->risk_full,
                          .risk_financial = decision->risk_financial};
    scoring_decide(&question, &score);
    memcpy(score.model, decision->model, sizeof score.model);
    return score;
}

bool shadow_agrees(const struct shadow_decision *shadow, const struct decision *decision)
{
    const struct terms *terms = &shadow->terms;
    const struct offer *offer = &decision->offer;
    if (terms->approved != decision->approved)
        return false;
    return !terms->approved ||
           (terms->limit_cents == offer->limit_cents && terms->rate_bp == offer->rate_bp &&
            strcmp(terms->credit_type, offer->credit_type) == 0);
}
