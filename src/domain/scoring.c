/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scoring.h"

struct asking {
    const struct risk_model *model;
    const struct question *question;
};

void scoring_decide(const struct question *question, struct score *score)
{
    score->basis = guard_choose(question->guard, question->emotions_known, score->risk_full,
                                score->risk_financial);
    score->risk = score->basis == BASIS_FULL ? score->risk_full : score->risk_financial;
}

static enum status ask(const struct asking *asking, const struct features *features,
                       struct score *score)
{
    const struct risk_model *model = asking->model;
    enum status status = model->risk(model->self, BASIS_FULL, features, &score->risk_full);
    if (status == STATUS_OK)
        status = model->risk(model->self, BASIS_FINANCIAL, features, &score->risk_financial);
    if (status == STATUS_OK)
        scoring_decide(asking->question, score);
    return status;
}

static enum status risk_if(void *context, const struct features *features, int32_t *risk)
{
    struct score score = {0};
    enum status status = ask(context, features, &score);
    *risk = score.risk;
    return status;
}

enum status scoring_answer(const struct risk_model *model, const struct question *question,
                           struct score *score)
{
    struct asking asking = {model, question};
    *score = (struct score){0};
    enum status status = ask(&asking, &question->features, score);
    if (status == STATUS_OK && question->explain && model->weigh != NULL)
        status = model->weigh(model->self, score->basis, &question->features, score->weights);
    if (status == STATUS_OK && question->approve_to >= 0 && score->risk > question->approve_to)
        status = nearest_find(&question->features, question->approve_to, risk_if, &asking,
                              &score->nearest);
    return status;
}
