/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request is called in every log line and message it causes: X-Request-ID, and the W3C
 * trace context. A client's own are kept if they are safe to repeat; else new ones are made.
 */
#ifndef ECS_HTTP_TRACE_H
#define ECS_HTTP_TRACE_H

#include "http/call.h"

/* Fills request_id and traceparent of the call's request, and begins its span. */
void trace_begin(struct call *call, const struct headers *headers);
/* The answer is on its way: ends the span. */
void trace_end(struct call *call, int http_status);

#endif
