/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/fixed.h"

#include <stdio.h>
#include <stdlib.h>

struct scorer_fixed {
    struct scorer base;
    struct score score;
};

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    *score = ((struct scorer_fixed *)base)->score;
    scoring_decide(question, score);
    return STATUS_OK;
}

static const char *model(struct scorer *base)
{
    return ((struct scorer_fixed *)base)->score.model;
}

static void close_fixed(struct scorer *base)
{
    free(base);
}

enum status scorer_fixed_open(int32_t risk, struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_fixed};
    struct scorer_fixed *fixed = calloc(1, sizeof *fixed);
    if (fixed == NULL)
        return STATUS_UNAVAILABLE;
    fixed->base.ops = &ops;
    fixed->score.risk_full = fixed->score.risk_financial = risk;
    snprintf(fixed->score.model, sizeof fixed->score.model, "fixed:%d.%06d", risk / MILLIONTHS,
             risk % MILLIONTHS);
    *scorer = &fixed->base;
    return STATUS_OK;
}
