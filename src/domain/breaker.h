/* SPDX-License-Identifier: Apache-2.0
 *
 * The breaker that guards the risk model, as a pure state machine on a monotonic clock:
 *
 *   closed ──► open        enough calls in the window failed, or were slow
 *   open ──► half open     the open time is over
 *   half open ──► closed   all probes succeeded
 *   half open ──► open     a probe failed, was slow or did not report; the open time doubles
 *
 * A call asks breaker_enter and reports to breaker_leave. Results of an older generation (the
 * state has changed since the call entered) are ignored. A probe holds a lease: one that does not
 * report in time counts as failed, so a hung one cannot pin the half-open state.
 */
#ifndef ECS_DOMAIN_BREAKER_H
#define ECS_DOMAIN_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

/* After resilience4j and Polly, with a window and times that fit a call of milliseconds. */
#define BREAKER_BUCKETS 10
#define BREAKER_BUCKET_US SECOND_US
#define BREAKER_CALLS_MIN 20            /* fewer calls in the window decide nothing */
#define BREAKER_PERCENT_MAX 50          /* of failed, or of slow calls: opens from here on */
#define BREAKER_SLOW_US (150 * 1000LL)  /* a call that takes longer is slow */
#define BREAKER_OPEN_US (5 * SECOND_US) /* doubles with each failed half-open state, up to: */
#define BREAKER_OPEN_US_MAX MINUTE_US
#define BREAKER_PROBES 5
#define BREAKER_LEASE_US SECOND_US
#define BREAKER_CALLS_AT_ONCE_MAX 32

/* In the order of the metric breaker_state. */
enum breaker_state { BREAKER_CLOSED, BREAKER_HALF_OPEN, BREAKER_OPEN, BREAKER_STATE_COUNT };

/* NEUTRAL: the caller was at fault, which tells nothing about the model. */
enum breaker_result { BREAKER_SUCCESS, BREAKER_FAILURE, BREAKER_NEUTRAL };

struct breaker_bucket {
    int64_t start_us;
    int32_t calls;
    int32_t failed;
    int32_t slow;
};

enum probe_state { PROBE_FREE, PROBE_LEASED, PROBE_SUCCEEDED };

struct breaker_probe {
    enum probe_state state;
    int64_t lease_end_us;
};

struct breaker {
    enum breaker_state state;
    uint32_t generation; /* grows with every change of state */
    struct breaker_bucket buckets[BREAKER_BUCKETS];
    struct breaker_probe probes[BREAKER_PROBES];
    int64_t open_until_us;
    int64_t open_us; /* how long the next open state lasts */
    int32_t at_once; /* calls under way in this generation, while closed */
};

/* A call that was let through. */
struct breaker_call {
    uint32_t generation;
    int32_t probe; /* its place, in the half-open state */
    int64_t start_us;
};

void breaker_init(struct breaker *breaker);

/* True: make the call, then report it. False: do not; `retry_after_us` tells when to ask again.
 * `jitter` is a random number; it moves the end of an open state by up to a tenth. */
bool breaker_enter(struct breaker *breaker, int64_t now_us, uint32_t jitter,
                   struct breaker_call *call, int64_t *retry_after_us);
void breaker_leave(struct breaker *breaker, const struct breaker_call *call,
                   enum breaker_result result, int64_t now_us, uint32_t jitter);

const char *breaker_state_name(enum breaker_state state);

#endif
