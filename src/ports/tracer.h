/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: where spans go. A span is what one process did for one request or message; it names the
 * span that caused it, so that a request is seen as one trace through all services. Adapter:
 * tracer_otlp. No tracer (NULL) is the usual case: then nothing is recorded, no random number is
 * drawn and no clock is read, and the caller's traceparent is passed on as it came.
 *
 * A tracer may be used by any thread; a span by one at a time.
 */
#ifndef ECS_PORTS_TRACER_H
#define ECS_PORTS_TRACER_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/traceparent.h"
#include "limits.h"
#include "ports/clock.h"
#include "ports/entropy.h"

enum { SPAN_ATTRIBUTES_MAX = 5 };

/* By the numbers of OpenTelemetry. */
enum span_kind { SPAN_SERVER = 2, SPAN_CLIENT = 3, SPAN_PRODUCER = 4, SPAN_CONSUMER = 5 };

/* Keys and texts are constants that outlive the tracer, so that nothing a person sent can be one.
 */
struct span_attribute {
    const char *key;
    const char *text; /* NULL: the number counts */
    int64_t number;
};

struct span {
    bool recorded; /* false: nobody wants it; everything but traceparent is meaningless */
    bool failed;
    enum span_kind kind;
    const char *action; /* its name is "action object": "POST /v1/transactions"; constants */
    const char *object; /* NULL: the action alone */
    char traceparent[TRACEPARENT_LENGTH + 1]; /* to pass on; empty: there is none */
    char parent_id[2 * SPAN_BYTES + 1];       /* empty: it begins its trace */
    char request_id[TRACE_ID_MAX + 1];
    int64_t started_us;
    int64_t ended_us;
    struct span_attribute attributes[SPAN_ATTRIBUTES_MAX];
    size_t attribute_count;
};

struct tracer;

struct tracer_ops {
    void (*record)(struct tracer *tracer, const struct span *span);
    void (*close)(struct tracer *tracer);
};

struct tracer {
    const struct tracer_ops *ops;
    struct clock *clock;
    struct entropy *entropy;
};

/* Begins a span beneath `parent`; without a valid one, a new trace. It is recorded if there is a
 * tracer and the trace is sampled. Fills all but kind, action, object and attributes. */
static inline void span_begin(struct span *span, struct tracer *tracer, struct slice parent,
                              struct slice request_id)
{
    uint8_t random[TRACE_BYTES + SPAN_BYTES];
    bool traced = traceparent_valid(parent);
    span->recorded = tracer != NULL && (!traced || traceparent_sampled(parent.data));
    span->failed = false;
    span->attribute_count = 0;
    span->parent_id[0] = span->traceparent[0] = '\0';
    if (!span->recorded) {
        if (traced)
            slice_text(parent, span->traceparent, sizeof span->traceparent);
        return;
    }
    entropy_fill(tracer->entropy, random, sizeof random);
    if (traced) {
        traceparent_child(span->traceparent, parent.data, random);
        slice_text((struct slice){parent.data + TRACEPARENT_SPAN_AT, 2 * SPAN_BYTES},
                   span->parent_id, sizeof span->parent_id);
    } else {
        traceparent_new(span->traceparent, random);
    }
    size_t size = request_id.size <= TRACE_ID_MAX ? request_id.size : 0;
    if (size > 0)
        memcpy(span->request_id, request_id.data, size);
    span->request_id[size] = '\0';
    span->started_us = clock_now_us(tracer->clock);
}

static inline void span_attribute_add(struct span *span, const char *key, const char *text,
                                      int64_t number)
{
    assert(span->attribute_count < SPAN_ATTRIBUTES_MAX);
    span->attributes[span->attribute_count++] = (struct span_attribute){key, text, number};
}

static inline void span_text(struct span *span, const char *key, const char *text)
{
    span_attribute_add(span, key, text, 0);
}

static inline void span_number(struct span *span, const char *key, int64_t number)
{
    span_attribute_add(span, key, NULL, number);
}

/* Ends a recorded span now and hands a copy of it to the tracer. Never blocks: a span that there
 * is no room for is dropped and counted. */
static inline void span_end(struct span *span, struct tracer *tracer)
{
    assert(span->recorded && span->attribute_count <= SPAN_ATTRIBUTES_MAX);
    span->ended_us = clock_now_us(tracer->clock);
    tracer->ops->record(tracer, span);
}

/* Exports what is left, for TRACE_FLUSH_US at most. */
static inline void tracer_close(struct tracer *tracer)
{
    tracer->ops->close(tracer);
}

#endif
