/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans by OTLP over HTTP, as JSON, to an OpenTelemetry collector. Spans wait in memory for a
 * thread that sends them once a second, or sooner when there are many. What finds no room, and
 * what the collector does not take, is dropped and counted: seeing never stops the seen.
 */
#ifndef ECS_ADAPTERS_TRACER_OTLP_H
#define ECS_ADAPTERS_TRACER_OTLP_H

#include "base/buf.h"
#include "base/status.h"
#include "base/uuid.h"
#include "ports/tracer.h"

enum { OTLP_SERVICE_SIZE = 64 };

/* Who made the spans. */
struct otlp_resource {
    char service[OTLP_SERVICE_SIZE];
    char instance[UUID_TEXT_SIZE];
};

/* `endpoint`: http://host:port; /v1/traces is added. `service`: its service.name.
 * INVALID: not an http or https URL. UNAVAILABLE: out of memory or threads. */
MUST_CHECK enum status tracer_otlp_open(const char *endpoint, const char *service,
                                        struct clock *clock, struct entropy *entropy,
                                        struct tracer **tracer);

/* Appends the JSON encoding of an OTLP trace request: ids in hexadecimal, times in nanoseconds and
 * 64-bit integers as text, enumerations as numbers. */
void tracer_otlp_encode(const struct otlp_resource *resource, const struct span spans[],
                        size_t count, struct buf *json);

#endif
