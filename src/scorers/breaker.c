/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/breaker.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "domain/breaker.h"
#include "process/log.h"
#include "process/metrics.h"

struct breaker_gate {
    pthread_mutex_t lock;
    struct breaker breaker;
    struct clock *clock;
    struct entropy *entropy;
};

struct scorer_breaker {
    struct scorer base;
    struct breaker_gate *gate;
    struct scorer *inner;
};

struct breaker_gate *breaker_gate_create(struct clock *clock, struct entropy *entropy)
{
    struct breaker_gate *gate = malloc(sizeof *gate);
    if (gate == NULL)
        return NULL;
    *gate = (struct breaker_gate){.clock = clock, .entropy = entropy};
    pthread_mutex_init(&gate->lock, NULL);
    breaker_init(&gate->breaker);
    metric_set(METRIC_breaker_state, LABEL_NONE, BREAKER_CLOSED);
    return gate;
}

void breaker_gate_destroy(struct breaker_gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
    free(gate);
}

static uint32_t jitter(struct breaker_gate *gate)
{
    uint32_t number;
    entropy_fill(gate->entropy, &number, sizeof number);
    return number;
}

/* With the lock held: tells when the state is not `before` any more. */
static void tell_change(struct breaker_gate *gate, enum breaker_state before)
{
    static const enum metric_label labels[] = {LABEL_closed, LABEL_half_open, LABEL_open};
    enum breaker_state state = gate->breaker.state;
    assert(before < BREAKER_STATE_COUNT && state < BREAKER_STATE_COUNT);
    if (state == before)
        return;
    metric_set(METRIC_breaker_state, LABEL_NONE, state);
    metric_add(METRIC_breaker_transitions, labels[state], 1);
    log_warn("breaker changed", LOG_TEXT("from", breaker_state_name(before)),
             LOG_TEXT("to", breaker_state_name(state)));
}

static bool enter(struct breaker_gate *gate, struct breaker_call *call, int64_t *retry_after_us)
{
    pthread_mutex_lock(&gate->lock);
    enum breaker_state before = gate->breaker.state;
    bool entered = breaker_enter(&gate->breaker, clock_monotonic_us(gate->clock), jitter(gate),
                                 call, retry_after_us);
    assert(entered == (*retry_after_us == 0));
    tell_change(gate, before);
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

static void leave(struct breaker_gate *gate, const struct breaker_call *call,
                  enum breaker_result result)
{
    pthread_mutex_lock(&gate->lock);
    enum breaker_state before = gate->breaker.state;
    int64_t now_us = clock_monotonic_us(gate->clock);
    assert(now_us >= call->start_us);
    breaker_leave(&gate->breaker, call, result, now_us, jitter(gate));
    tell_change(gate, before);
    pthread_mutex_unlock(&gate->lock);
    if (result != BREAKER_NEUTRAL)
        metric_add(METRIC_breaker_calls,
                   result == BREAKER_FAILURE                   ? LABEL_failure
                   : now_us - call->start_us > BREAKER_SLOW_US ? LABEL_slow
                                                               : LABEL_success,
                   1);
}

/* What we asked wrongly says nothing about the model. */
static enum breaker_result result_of(enum status status)
{
    return status == STATUS_OK        ? BREAKER_SUCCESS
           : status == STATUS_INVALID ? BREAKER_NEUTRAL
                                      : BREAKER_FAILURE;
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    struct scorer_breaker *breaker = (struct scorer_breaker *)base;
    struct breaker_call call;
    int64_t retry_after_us;
    if (!enter(breaker->gate, &call, &retry_after_us)) {
        metric_add(METRIC_breaker_calls, LABEL_refused, 1);
        *score = (struct score){.retry_after_us = retry_after_us};
        return STATUS_TOO_MANY_REQUESTS;
    }
    enum status status = scorer_score(breaker->inner, question, score);
    leave(breaker->gate, &call, result_of(status));
    return status;
}

static const char *model(struct scorer *base)
{
    return scorer_model(((struct scorer_breaker *)base)->inner);
}

static void close_breaker(struct scorer *base)
{
    scorer_close(((struct scorer_breaker *)base)->inner);
    free(base);
}

enum status scorer_breaker_open(struct breaker_gate *gate, struct scorer *inner,
                                struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_breaker};
    struct scorer_breaker *breaker = malloc(sizeof *breaker);
    if (breaker == NULL)
        return STATUS_UNAVAILABLE;
    *breaker = (struct scorer_breaker){{&ops}, gate, inner};
    /* NOLINTNEXTLINE(-Wanalyzer-malloc-leak): the caller holds it by its first member. */
    *scorer = &breaker->base;
    return STATUS_OK;
}
