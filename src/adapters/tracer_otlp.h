/* SPDX-License-Identifier: Apache-2.0
 *
 * Spans by OTLP over HTTP, as JSON, to an OpenTelemetry collector. Spans wait in memory for a
 * thread that sends them once a second, or sooner when there are many. What finds no room, and
 * what the collector does not take, is dropped and counted: seeing never stops the seen.
 */
#ifndef ECS_ADAPTERS_TRACER_OTLP_H
#define ECS_ADAPTERS_TRACER_OTLP_H

#include "adapters/otlp_json.h"
#include "base/status.h"
#include "ports/tracer.h"

/* `endpoint`: http://host:port; /v1/traces is added. `service`: its service.name.
 * INVALID: not an http or https URL. UNAVAILABLE: out of memory or threads. */
MUST_CHECK enum status tracer_otlp_open(const char *endpoint, const char *service,
                                        struct clock *clock, struct entropy *entropy,
                                        struct tracer **tracer);

#endif
