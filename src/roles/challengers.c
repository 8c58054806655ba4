/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/challengers.h"

#include "base/metrics.h"
#include "store/shadow.h"

/* Decisions are committed a little after their time, and looked for again for that long. */
static const int64_t late_us = MINUTE_US;
/* What was decided while no challenger was there is taken up from here on. */
static const int64_t catch_up_us = DAY_US;

/* A challenger without a policy of its own is decided by the one that fits its model. */
static const struct policy *policy_of(const struct challenger *challenger,
                                      const struct policy_choice *choice)
{
    return challenger->has_policy ? &challenger->policy
                                  : policy_choice_policy(choice, scorer_model(challenger->model));
}

static enum status score_one(const struct challenger *challenger, const struct policy *policy,
                             const struct decision *decision, struct shadow_decision *shadow)
{
    struct score score = shadow_decision_score(decision, policy);
    if (challenger->model != NULL) {
        struct question question = decision_question(&decision->features, policy);
        question.approve_to = -1;
        question.explain = false;
        enum status status = scorer_score(challenger->model, &question, &score);
        if (status != STATUS_OK)
            return status;
    }
    *shadow = shadow_decision_make(decision, challenger->name, policy, &score);
    metric_add(METRIC_shadow_decisions,
               shadow_decision_agrees(shadow, decision) ? LABEL_agrees : LABEL_differs, 1);
    return STATUS_OK;
}

static enum status score_batch(struct role_context *context, struct challenger *challenger)
{
    struct shadow_batch *batch = context->scratch;
    const struct policy *policy = policy_of(challenger, role_policies(context));
    int64_t now_us = clock_now_us(context->clock);
    size_t count;
    if (challenger->seen_us == 0)
        challenger->seen_us = now_us - catch_up_us;
    enum status status =
        store_shadow_pending(context->store, challenger->name, challenger->seen_us - late_us,
                             batch->decisions, SHADOW_BATCH, &count);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = score_one(challenger, policy, &batch->decisions[i], &batch->shadows[i]);
    if (status == STATUS_OK && count > 0)
        status = store_shadow_record(context->store, batch->shadows, count, now_us);
    if (status == STATUS_OK)
        challenger->seen_us =
            count == SHADOW_BATCH ? batch->decisions[count - 1].decided_at_us + late_us : now_us;
    return status;
}

enum status challengers_score(struct role_context *context)
{
    struct challengers *challengers = context->challengers;
    enum status status = STATUS_OK;
    for (size_t i = 0; challengers != NULL && i < challengers->count && status == STATUS_OK; i++)
        status = score_batch(context, &challengers->list[i]);
    return status;
}
