/* SPDX-License-Identifier: Apache-2.0
 *
 * a question about a person + a risk model → the risk that decides, and why.
 *
 * Every model tells two risks: of all features, and of the financial ones alone. The emotion guard
 * of the policy says which of them decides (the basis). All risks are millionths, 0 to 1,000,000.
 */
#ifndef ECS_DOMAIN_SCORING_H
#define ECS_DOMAIN_SCORING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/features.h"
#include "domain/guard.h"
#include "domain/nearest.h"
#include "limits.h"

struct question {
    struct features features;
    enum emotion_guard guard;
    bool emotions_known; /* false: the emotional features are missing or stale */
    int32_t approve_to;  /* the greatest risk that is approved; -1: do not look for the nearest */
    bool explain;        /* false: no weights are asked for */
    /* Of the request that asks, for a model in another process; NULL or empty: none. */
    const char *request_id;
    const char *traceparent;
};

struct score {
    int32_t risk; /* that decides: one of the next two, by `basis` */
    int32_t risk_full;
    int32_t risk_financial;
    enum risk_basis basis;
    /* What each feature adds to the log-odds of `risk`, in millionths; all 0 if the model cannot
     * tell. */
    int32_t weights[FEATURE_COUNT];
    struct nearest nearest;         /* the nearest approval, if it was asked for and there is one */
    char model[MODEL_NAME_MAX + 1]; /* name and version of what answered */
    int64_t retry_after_us;         /* set with STATUS_TOO_MANY_REQUESTS */
};

/* What a model in this process can do. `self` is handed to each function. */
struct risk_model {
    /* Of 1 to NEAREST_CANDIDATES rows. */
    enum status (*risks)(void *self, enum risk_basis basis, const struct features features[],
                         size_t count, int32_t risks[]);
    /* NULL: the model cannot tell. */
    enum status (*weigh)(void *self, enum risk_basis basis, const struct features *features,
                         int32_t weights[FEATURE_COUNT]);
    void *self;
};

/* Which of the risks in `score` decides; sets its basis and its risk. */
void scoring_decide(const struct question *question, struct score *score);

/* Asks the model for both risks, the weights of the one that decides and the nearest approval, and
 * fills all of `score` but its model. What the model fails with is returned. */
MUST_CHECK enum status scoring_answer(const struct risk_model *model,
                                      const struct question *question, struct score *score);

#endif
