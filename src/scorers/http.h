/* SPDX-License-Identifier: Apache-2.0
 *
 * A model service over HTTP: features as JSON by POST, {"risk_score": 0 to 1, "model"?: text}
 * back. One for each thread; it keeps its connection. The request id and the trace travel along. A
 * service that answers one risk is asked twice, within one deadline.
 */
#ifndef ECS_SCORERS_HTTP_H
#define ECS_SCORERS_HTTP_H

#include "ports/clock.h"
#include "ports/scorer.h"
#include "ports/tracer.h"

/* `tracer` may be NULL. INVALID: not an http or https URL. UNAVAILABLE: out of memory. */
MUST_CHECK enum status scorer_http_open(const char *url, struct clock *clock, struct tracer *tracer,
                                        struct scorer **scorer);

#endif
