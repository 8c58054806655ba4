/* SPDX-License-Identifier: Apache-2.0
 *
 * a question about a person + a risk model → the risk that decides, and why.
 *
 * Every model tells two risks: of all features, and of the financial ones alone. The emotion guard
 * of the policy, which says how much feelings may matter for credit, chooses which of them decides
 * (the basis). Of somebody who is denied, the nearest approval is looked for: the smallest change,
 * of those that a person can make, under which the same model and the same policy would have
 * approved. All risks are millionths, 0 to 1,000,000.
 */
#ifndef ECS_DOMAIN_SCORING_H
#define ECS_DOMAIN_SCORING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/features.h"
#include "limits.h"

/* may_only_help: the lesser of the risks with and without emotions decides, so that feelings never
 * cost anybody anything. full: the risk with emotions. off: the risk without them. */
enum emotion_guard { GUARD_MAY_ONLY_HELP, GUARD_FULL, GUARD_OFF, GUARD_COUNT };

/* Which risk decided: of all features, or of the financial ones alone. */
enum risk_basis { BASIS_FULL, BASIS_FINANCIAL, BASIS_COUNT };

/* Where no recent feelings are known, the financial risk decides under every guard. */
enum risk_basis emotion_guard_choose(enum emotion_guard guard, bool emotions_known,
                                     int32_t risk_full, int32_t risk_financial);

/* The risk that a loss is to be expected by, whatever decided: a model's best estimate of what will
 * come. The lesser of two estimates, which may decide, errs on the low side. */
int32_t scoring_expected_risk(bool emotions_known, int32_t risk_full, int32_t risk_financial);

const char *emotion_guard_name(enum emotion_guard guard);
/* False if there is none of that name. */
bool emotion_guard_parse(const char *name, enum emotion_guard *guard);

const char *risk_basis_name(enum risk_basis basis);
bool risk_basis_parse(const char *name, enum risk_basis *basis);

/* What a person can change, from the easiest to the hardest where the change is as great.
 * SPEND_LESS: less money out over the last 90 days. EARN_MORE: more money in over them. */
enum lever { LEVER_NONE, LEVER_SPEND_LESS, LEVER_EARN_MORE, LEVER_COUNT };

struct nearest {
    enum lever lever; /* NONE: nothing within reach would have approved */
    int32_t percent;  /* of the change: NEAREST_STEP_PERCENT to NEAREST_MAX_PERCENT */
    int32_t risk;     /* after it, millionths */
};

enum {
    NEAREST_STEP_PERCENT = 10,
    NEAREST_MAX_PERCENT = 90,
    NEAREST_CANDIDATES = (LEVER_COUNT - 1) * NEAREST_MAX_PERCENT / NEAREST_STEP_PERCENT
};

const char *lever_name(enum lever lever);
/* LEVER_NONE if there is none of that name. */
enum lever lever_parse(const char *name);

/* The features of a person who had changed by so many percent. */
struct features lever_pull(enum lever lever, int32_t percent, const struct features *features);

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
