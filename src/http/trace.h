/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request is called in every log line and message it causes: X-Request-ID, and the W3C
 * trace context. A client's own are kept if they are safe to repeat; else new ones are made.
 */
#ifndef ECS_HTTP_TRACE_H
#define ECS_HTTP_TRACE_H

#include "ports/endpoint.h"
#include "ports/entropy.h"

bool request_id_valid(struct slice text);
bool traceparent_valid(struct slice text);
/* Fills request_id and traceparent of the request. */
void trace_begin(struct request *request, struct slice request_id, struct slice traceparent,
                 struct entropy *entropy);

#endif
