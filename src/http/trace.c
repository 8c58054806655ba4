/* SPDX-License-Identifier: Apache-2.0 */
#include "http/trace.h"

#include <ctype.h>

#include "http/own_endpoints.h"
#include "http/router.h"
#include "http/server_state.h"

static bool request_id_valid(struct slice text)
{
    if (text.size == 0 || text.size > TRACE_ID_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        if (!isalnum((unsigned char)text.data[i]) && memchr("._:-", text.data[i], 4) == NULL)
            return false;
    return true;
}

void trace_begin(struct call *call, const struct headers *headers)
{
    const struct http_options *options = &call->server->options;
    struct request *request = &call->exchange.request;
    struct slice request_id = headers->values[HEADER_REQUEST_ID];
    if (request_id_valid(request_id)) {
        memcpy(request->request_id, request_id.data, request_id.size);
        request->request_id[request_id.size] = '\0';
    } else {
        struct uuid uuid = entropy_uuid(options->entropy, request->received_us);
        uuid_format(&uuid, request->request_id);
    }
    span_begin(&call->span, options->tracer, headers->values[HEADER_TRACEPARENT],
               slice_of(request->request_id));
    memcpy(request->traceparent, call->span.traceparent, sizeof request->traceparent);
}

/* Health checks and scrapes are not worth a trace. */
static bool is_own(const struct endpoint *endpoint)
{
    for (size_t i = 0; i < own_endpoints.count; i++)
        if (endpoint == &own_endpoints.endpoints[i])
            return true;
    return false;
}

void trace_end(struct call *call, int http_status)
{
    const struct endpoint *endpoint = call->endpoint;
    struct span *span = &call->span;
    if (!span->recorded || is_own(endpoint))
        return;
    span->kind = SPAN_SERVER;
    span->action = endpoint == NULL ? "HTTP" : route_method_name(endpoint->method);
    span->object = endpoint == NULL ? NULL : endpoint->path;
    span->failed = http_status >= 500;
    span_text(span, "http.request.method", endpoint == NULL ? "_OTHER" : span->action);
    if (endpoint != NULL)
        span_text(span, "http.route", endpoint->path);
    span_number(span, "http.response.status_code", http_status);
    span_text(span, "url.scheme", "http");
    span_end(span, call->server->options.tracer);
}
