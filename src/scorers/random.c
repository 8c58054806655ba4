/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/random.h"

#include <stdio.h>
#include <stdlib.h>

struct scorer_random {
    struct scorer base;
    struct entropy *entropy;
};

static const char *model(struct scorer *base)
{
    (void)base;
    return "random";
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    uint64_t number;
    entropy_fill(((struct scorer_random *)base)->entropy, &number, sizeof number);
    int32_t risk = (int32_t)(number % (MILLIONTHS + 1));
    *score = (struct score){.risk_full = risk, .risk_financial = risk};
    scoring_decide(question, score);
    snprintf(score->model, sizeof score->model, "%s", model(base));
    return STATUS_OK;
}

static void close_random(struct scorer *base)
{
    free(base);
}

enum status scorer_random_open(struct entropy *entropy, struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_random};
    struct scorer_random *random = calloc(1, sizeof *random);
    if (random == NULL)
        return STATUS_UNAVAILABLE;
    random->base.ops = &ops;
    random->entropy = entropy;
    *scorer = &random->base;
    return STATUS_OK;
}
