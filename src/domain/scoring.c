/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scoring.h"

void scoring_decide(const struct question *question, struct score *score)
{
    score->basis = guard_choose(question->guard, question->emotions_known, score->risk_full,
                                score->risk_financial);
    score->risk = score->basis == BASIS_FULL ? score->risk_full : score->risk_financial;
}

/* What would decide about each of the candidates. */
static enum status nearest_find(const struct risk_model *model, const struct question *question,
                                struct nearest *nearest)
{
    struct features candidates[NEAREST_CANDIDATES];
    int32_t full[NEAREST_CANDIDATES], financial[NEAREST_CANDIDATES], risks[NEAREST_CANDIDATES];
    nearest_candidates(&question->features, candidates);
    enum status status =
        model->risks(model->self, BASIS_FULL, candidates, NEAREST_CANDIDATES, full);
    if (status == STATUS_OK)
        status =
            model->risks(model->self, BASIS_FINANCIAL, candidates, NEAREST_CANDIDATES, financial);
    for (int i = 0; i < NEAREST_CANDIDATES && status == STATUS_OK; i++) {
        struct score score = {.risk_full = full[i], .risk_financial = financial[i]};
        scoring_decide(question, &score);
        risks[i] = score.risk;
    }
    if (status == STATUS_OK)
        *nearest = nearest_choose(risks, question->approve_to);
    return status;
}

enum status scoring_answer(const struct risk_model *model, const struct question *question,
                           struct score *score)
{
    *score = (struct score){0};
    enum status status =
        model->risks(model->self, BASIS_FULL, &question->features, 1, &score->risk_full);
    if (status == STATUS_OK)
        status = model->risks(model->self, BASIS_FINANCIAL, &question->features, 1,
                              &score->risk_financial);
    if (status != STATUS_OK)
        return status;
    scoring_decide(question, score);
    if (question->explain && model->weigh != NULL)
        status = model->weigh(model->self, score->basis, &question->features, score->weights);
    if (status == STATUS_OK && question->approve_to >= 0 && score->risk > question->approve_to)
        status = nearest_find(model, question, &score->nearest);
    return status;
}
