/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/message_span.h"

#include <assert.h>

void message_span_begin(struct span *span, struct role_context *context, enum span_kind kind,
                        const struct bus_message *message)
{
    assert(kind == SPAN_PRODUCER || kind == SPAN_CONSUMER);
    span_begin(span, context->tracer, message->traceparent, message->request_id);
    if (!span->recorded)
        return;
    const char *subject = stream_subject(message->stream);
    bool publishes = kind == SPAN_PRODUCER;
    span->kind = kind;
    span->action = publishes ? "publish" : "process";
    span->object = subject;
    span_text(span, "messaging.system", context->bus->ops->name);
    span_text(span, "messaging.operation.type", publishes ? "send" : "process");
    span_text(span, "messaging.destination.name", subject);
}

void message_span_end(struct span *span, struct role_context *context, bool failed)
{
    if (!span->recorded)
        return;
    span->failed = failed;
    span_end(span, context->tracer);
}

void message_spans_record(struct role_context *context, const struct bus_message messages[],
                          const enum outcome outcomes[], size_t count, int64_t started_us)
{
    if (context->tracer == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        struct span span;
        message_span_begin(&span, context, SPAN_CONSUMER, &messages[i]);
        span.started_us = started_us;
        message_span_end(&span, context, outcomes[i] != OUTCOME_DONE);
    }
}
