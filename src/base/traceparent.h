/* SPDX-License-Identifier: Apache-2.0
 *
 * The W3C trace context, version 00: version-trace-parent-flags, all in lower-case hexadecimal.
 */
#ifndef ECS_BASE_TRACEPARENT_H
#define ECS_BASE_TRACEPARENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/slice.h"
#include "limits.h"

/* Where the parts begin, and the bytes that they stand for. */
enum {
    TRACEPARENT_TRACE_AT = 3,
    TRACEPARENT_SPAN_AT = 36,
    TRACEPARENT_FLAGS_AT = 53,
    TRACE_BYTES = 16,
    SPAN_BYTES = 8
};

/* Any version, as long as it has the parts of version 00 and nothing more. */
bool traceparent_valid(struct slice text);
/* The next two: of a valid one. True if whoever began the trace wants its spans. */
bool traceparent_sampled(const char *text);
/* The same trace, with the span that `random` stands for. */
void traceparent_child(char out[TRACEPARENT_LENGTH + 1], const char *parent,
                       const uint8_t random[SPAN_BYTES]);
/* A new trace that is sampled: a trace and its first span. */
void traceparent_new(char out[TRACEPARENT_LENGTH + 1],
                     const uint8_t random[TRACE_BYTES + SPAN_BYTES]);

#endif
