/* SPDX-License-Identifier: Apache-2.0
 *
 * A credit decision with all that it was made from and the reasons for it; and what a challenger
 * would have decided in its place.
 */
#ifndef ECS_DOMAIN_DECISION_H
#define ECS_DOMAIN_DECISION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "domain/features.h"
#include "domain/offer.h"
#include "domain/policy.h"
#include "domain/scoring.h"
#include "limits.h"

struct reason {
    enum feature feature;
    int32_t weight; /* what it added to the log-odds of the risk, millionths; below 0: it helped */
};

/* What weighed most in a decision: for a denial what raised the risk, for an approval what lowered
 * it; strongest first, and of each family of features only the strongest. */
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

struct decision {
    struct uuid id;
    struct uuid user_id;
    int64_t decided_at_us;
    bool approved;
    int32_t risk; /* millionths: that decided, by `basis`; so are the next two */
    int32_t risk_full;
    int32_t risk_financial;
    enum risk_basis basis;
    bool emotions_known;              /* false: none were recent, so the financial risk decided */
    char reason[DENIAL_TEXT_MAX + 1]; /* of a denial; empty if approved */
    struct reasons reasons;           /* what weighed most */
    struct nearest nearest;           /* of a denial */
    struct features features;         /* what the model saw */
    int64_t features_version;         /* of the person's tiles */
    char model[MODEL_NAME_MAX + 1];
    struct hash policy;
    struct hash inputs;     /* decision_inputs(): equal inputs need no new decision */
    int64_t cooling_off_us; /* of the policy; not recorded */
    /* The store sets the next three (domain/decision_log.h). */
    struct hash evidence; /* of features, reasons and nearest approval, as they are stored */
    struct hash previous; /* entry of the person's decision before; zero: there was none */
    struct hash entry;    /* zero: from before there was a log */
    bool has_offer;
    struct offer offer; /* in its state as read; meaningful if has_offer */
};

/* A hash of features, model and policy. */
struct hash decision_inputs(const struct features *features, const char *model,
                            const struct hash *policy);

/* What is asked of a model about a person with these features, under this policy. */
struct question decision_question(const struct features *features, const struct policy *policy);

/* Fills decision (id, user_id, time and features given by the caller in it already) from a score.
 * The offer gets `offer_id`; it has none if the terms deny. */
void decision_make(struct decision *decision, const struct policy *policy,
                   const struct score *score, const struct uuid *offer_id);

/* The name of the first fact in which a decision that was made again differs from the recorded
 * one; NULL: none does. */
const char *decision_difference(const struct decision *recorded, const struct decision *again);

/* True if the person's last decision still answers a request with these inputs: the same inputs,
 * and an offer, if it made one, that is still open; or a denial whose `cooling_off_us` are not
 * over, whatever the inputs. */
bool decision_still_stands(const struct decision *last, const struct hash *inputs,
                           int64_t cooling_off_us, int64_t now_us);

enum { CHALLENGER_NAME_MAX = 48 };

/* What a challenger, another model or another policy or both, would have decided. It is recorded
 * and compared; nobody is ever answered from it. */
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
struct shadow_decision shadow_decision_make(const struct decision *decision, const char *challenger,
                                            const struct policy *policy, const struct score *score);
/* The score that a decision recorded, seen by this policy's guard: for a challenger that is a
 * policy alone. */
struct score shadow_decision_score(const struct decision *decision, const struct policy *policy);
/* True if it is the same result with the same terms. */
bool shadow_decision_agrees(const struct shadow_decision *shadow, const struct decision *decision);

#endif
