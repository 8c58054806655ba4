/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/breaker.h"

#include <assert.h>
#include <string.h>

void breaker_init(struct breaker *breaker)
{
    *breaker = (struct breaker){.state = BREAKER_CLOSED, .open_us = BREAKER_OPEN_US};
}

const char *breaker_state_name(enum breaker_state state)
{
    static const char *const names[BREAKER_STATE_COUNT] = {
        [BREAKER_CLOSED] = "closed",
        [BREAKER_HALF_OPEN] = "half_open",
        [BREAKER_OPEN] = "open",
    };
    assert(state < BREAKER_STATE_COUNT);
    return names[state];
}

/* The only place where the state changes. */
static void become(struct breaker *breaker, enum breaker_state state)
{
    static const bool edges[BREAKER_STATE_COUNT][BREAKER_STATE_COUNT] = {
        [BREAKER_CLOSED] = {[BREAKER_OPEN] = true},
        [BREAKER_OPEN] = {[BREAKER_HALF_OPEN] = true},
        [BREAKER_HALF_OPEN] = {[BREAKER_CLOSED] = true, [BREAKER_OPEN] = true},
    };
    assert(edges[breaker->state][state]);
    breaker->state = state;
    breaker->generation++;
    breaker->at_once = 0;
    memset(breaker->probes, 0, sizeof breaker->probes);
}

static void open_for_a_while(struct breaker *breaker, int64_t now_us, uint32_t jitter)
{
    assert(breaker->open_us >= BREAKER_OPEN_US && breaker->open_us <= BREAKER_OPEN_US_MAX);
    become(breaker, BREAKER_OPEN);
    breaker->open_until_us = now_us + breaker->open_us + jitter % (breaker->open_us / 10);
    breaker->open_us *= 2;
    if (breaker->open_us > BREAKER_OPEN_US_MAX)
        breaker->open_us = BREAKER_OPEN_US_MAX;
}

static void close_again(struct breaker *breaker)
{
    become(breaker, BREAKER_CLOSED);
    memset(breaker->buckets, 0, sizeof breaker->buckets);
    breaker->open_us = BREAKER_OPEN_US;
}

static void count_call(struct breaker *breaker, bool failed, bool slow, int64_t now_us)
{
    int64_t start_us = now_us - now_us % BREAKER_BUCKET_US;
    struct breaker_bucket *bucket = &breaker->buckets[now_us / BREAKER_BUCKET_US % BREAKER_BUCKETS];
    if (bucket->start_us != start_us)
        *bucket = (struct breaker_bucket){.start_us = start_us};
    bucket->calls++;
    bucket->failed += failed;
    bucket->slow += slow;
    assert(bucket->failed <= bucket->calls && bucket->slow <= bucket->calls);
}

static bool window_is_bad(const struct breaker *breaker, int64_t now_us)
{
    struct breaker_bucket sum = {0};
    for (int i = 0; i < BREAKER_BUCKETS; i++) {
        const struct breaker_bucket *bucket = &breaker->buckets[i];
        if (now_us - bucket->start_us >= BREAKER_BUCKETS * BREAKER_BUCKET_US)
            continue;
        sum.calls += bucket->calls;
        sum.failed += bucket->failed;
        sum.slow += bucket->slow;
    }
    int64_t limit = (int64_t)sum.calls * BREAKER_PERCENT_MAX;
    return sum.calls >= BREAKER_CALLS_MIN &&
           (sum.failed * 100LL >= limit || sum.slow * 100LL >= limit);
}

static bool enter_closed(struct breaker *breaker)
{
    if (breaker->at_once == BREAKER_CALLS_AT_ONCE_MAX)
        return false;
    breaker->at_once++;
    assert(breaker->at_once > 0 && breaker->at_once <= BREAKER_CALLS_AT_ONCE_MAX);
    return true;
}

static bool enter_half_open(struct breaker *breaker, int64_t now_us, int32_t *place)
{
    for (int32_t i = 0; i < BREAKER_PROBES; i++) {
        if (breaker->probes[i].state == PROBE_FREE) {
            breaker->probes[i] = (struct breaker_probe){PROBE_LEASED, now_us + BREAKER_LEASE_US};
            *place = i;
            return true;
        }
    }
    return false;
}

static bool a_lease_ran_out(const struct breaker *breaker, int64_t now_us)
{
    for (int i = 0; i < BREAKER_PROBES; i++) {
        const struct breaker_probe *probe = &breaker->probes[i];
        if (probe->state == PROBE_LEASED && now_us >= probe->lease_end_us)
            return true;
    }
    return false;
}

bool breaker_enter(struct breaker *breaker, int64_t now_us, uint32_t jitter,
                   struct breaker_call *call, int64_t *retry_after_us)
{
    if (breaker->state == BREAKER_OPEN && now_us >= breaker->open_until_us)
        become(breaker, BREAKER_HALF_OPEN);
    if (breaker->state == BREAKER_HALF_OPEN && a_lease_ran_out(breaker, now_us))
        open_for_a_while(breaker, now_us, jitter);
    *call = (struct breaker_call){.generation = breaker->generation, .start_us = now_us};
    *retry_after_us = 0;
    if (breaker->state == BREAKER_CLOSED && enter_closed(breaker))
        return true;
    if (breaker->state == BREAKER_HALF_OPEN && enter_half_open(breaker, now_us, &call->probe))
        return true;
    *retry_after_us =
        breaker->state == BREAKER_OPEN ? breaker->open_until_us - now_us : BREAKER_LEASE_US;
    assert(*retry_after_us > 0);
    return false;
}

static void leave_half_open(struct breaker *breaker, struct breaker_probe *probe,
                            enum breaker_result result, int64_t now_us, uint32_t jitter)
{
    assert(probe->state == PROBE_LEASED);
    if (result == BREAKER_FAILURE) {
        open_for_a_while(breaker, now_us, jitter);
        return;
    }
    probe->state = result == BREAKER_SUCCESS ? PROBE_SUCCEEDED : PROBE_FREE;
    for (int i = 0; i < BREAKER_PROBES; i++)
        if (breaker->probes[i].state != PROBE_SUCCEEDED)
            return;
    close_again(breaker);
}

void breaker_leave(struct breaker *breaker, const struct breaker_call *call,
                   enum breaker_result result, int64_t now_us, uint32_t jitter)
{
    if (call->generation != breaker->generation)
        return;
    assert(breaker->state != BREAKER_OPEN); /* which lets nobody in */
    bool slow = result != BREAKER_NEUTRAL && now_us - call->start_us > BREAKER_SLOW_US;
    if (breaker->state == BREAKER_HALF_OPEN) {
        assert(call->probe >= 0 && call->probe < BREAKER_PROBES);
        leave_half_open(breaker, &breaker->probes[call->probe], slow ? BREAKER_FAILURE : result,
                        now_us, jitter);
        return;
    }
    assert(breaker->at_once > 0);
    breaker->at_once--;
    if (result == BREAKER_NEUTRAL)
        return;
    count_call(breaker, result == BREAKER_FAILURE, slow, now_us);
    if (window_is_bad(breaker, now_us))
        open_for_a_while(breaker, now_us, jitter);
}
