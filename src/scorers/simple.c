/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/simple.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "domain/scorecard.h"

struct scorer_simple {
    struct scorer base;
    char model[MODEL_NAME_MAX + 1];
    int32_t risk;            /* of the fixed one */
    struct entropy *entropy; /* of the random one */
};

static const char *model(struct scorer *base)
{
    return ((struct scorer_simple *)base)->model;
}

static void close_simple(struct scorer *base)
{
    free(base);
}

static enum status answer(struct scorer *base, int32_t risk, const struct question *question,
                          struct score *score)
{
    assert(risk >= 0 && risk <= MILLIONTHS);
    *score = (struct score){.risk_full = risk, .risk_financial = risk};
    memcpy(score->model, model(base), sizeof score->model);
    scoring_decide(question, score);
    return STATUS_OK;
}

static enum status score_fixed(struct scorer *base, const struct question *question,
                               struct score *score)
{
    return answer(base, ((struct scorer_simple *)base)->risk, question, score);
}

static enum status score_random(struct scorer *base, const struct question *question,
                                struct score *score)
{
    uint64_t number;
    entropy_fill(((struct scorer_simple *)base)->entropy, &number, sizeof number);
    return answer(base, (int32_t)(number % (MILLIONTHS + 1)), question, score);
}

static enum status simple_open(const struct scorer_simple *simple, struct scorer **scorer)
{
    struct scorer_simple *copy = malloc(sizeof *copy);
    if (copy == NULL)
        return STATUS_UNAVAILABLE;
    *copy = *simple;
    /* NOLINTNEXTLINE(-Wanalyzer-malloc-leak): the caller holds it by its first member. */
    *scorer = &copy->base;
    return STATUS_OK;
}

enum status scorer_fixed_open(int32_t risk, struct scorer **scorer)
{
    static const struct scorer_ops ops = {
        .score = score_fixed, .model = model, .close = close_simple};
    struct scorer_simple simple = {.base = {&ops}, .risk = risk};
    snprintf(simple.model, sizeof simple.model, "fixed:%d.%06d", risk / MILLIONTHS,
             risk % MILLIONTHS);
    return simple_open(&simple, scorer);
}

enum status scorer_random_open(struct entropy *entropy, struct scorer **scorer)
{
    static const struct scorer_ops ops = {
        .score = score_random, .model = model, .close = close_simple};
    return simple_open(
        &(struct scorer_simple){.base = {&ops}, .model = "random", .entropy = entropy}, scorer);
}

static enum status score_by_card(struct scorer *base, const struct question *question,
                                 struct score *score)
{
    enum status status = scoring_answer(&scorecard_model, question, score);
    memcpy(score->model, model(base), sizeof score->model);
    return status;
}

enum status scorer_scorecard_open(struct scorer **scorer)
{
    static const struct scorer_ops ops = {
        .score = score_by_card, .model = model, .close = close_simple};
    return simple_open(&(struct scorer_simple){.base = {&ops}, .model = SCORECARD_MODEL}, scorer);
}
