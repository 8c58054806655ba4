/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans of messages: one for each that is published from the outbox, one for each that is
 * processed. The message's own traceparent names what caused it.
 */
#ifndef ECS_ROLES_MESSAGE_SPAN_H
#define ECS_ROLES_MESSAGE_SPAN_H

#include "roles/role.h"

/* Begins a span of `kind`, SPAN_PRODUCER or SPAN_CONSUMER, caused by `message`. */
void message_span_begin(struct span *span, struct role_context *context, enum span_kind kind,
                        const struct bus_message *message);
/* Ends it. `failed`: the message was not published, or was refused, or will come again. */
void message_span_end(struct span *span, struct role_context *context, bool failed);

/* One span for each message of a batch, processed from `started_us` until now. */
void message_spans_record(struct role_context *context, const struct bus_message messages[],
                          const enum outcome outcomes[], size_t count, int64_t started_us);

#endif
