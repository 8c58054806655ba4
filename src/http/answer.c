/* SPDX-License-Identifier: Apache-2.0
 *
 * A call's response → libmicrohttpd. The body changes owner, it is not copied.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "http/call.h"
#include "http/problem.h"
#include "http/server_state.h"
#include "http/trace.h"

static void count_answer(const struct call *call, int http_status)
{
    static const enum metric_label classes[] = {LABEL_informational, LABEL_success,
                                                LABEL_redirection, LABEL_client_error,
                                                LABEL_server_error};
    metric_add(METRIC_http_requests, classes[http_status / 100 - 1], 1);
    if (call->body_end_us != 0)
        metric_observe_us(METRIC_http_request_us,
                          clock_monotonic_us(call->server->options.clock) - call->body_end_us);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
    /* Fails only without memory; the answer is worth more than one header. */
    (void)MHD_add_response_header(response, name, value);
}

static void add_headers(const struct call *call, struct MHD_Response *answer)
{
    const struct response *response = &call->exchange.response;
    add_header(answer, "X-Request-ID", call->exchange.request.request_id);
    add_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE,
               response->content_type == NULL ? "application/json" : response->content_type);
    add_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    add_header(answer, "X-Content-Type-Options", "nosniff");
    if (call->allow[0] != '\0')
        add_header(answer, MHD_HTTP_HEADER_ALLOW, call->allow);
    if (response->http_status == MHD_HTTP_UNAUTHORIZED && call->endpoint != NULL &&
        endpoint_auth_takes_token(call->endpoint->auth))
        add_header(answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (response->retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", response->retry_after_s);
        add_header(answer, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (call->close || atomic_load_explicit(&call->server->draining, memory_order_relaxed))
        add_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* The body as an answer of its own; takes it out of the call. */
static struct MHD_Response *whole_answer(struct call *call)
{
    struct response *response = &call->exchange.response;
    struct buf *body = &response->body;
    if (body->overflowed) {
        log_error("answer too large", LOG_TEXT("request_id", call->exchange.request.request_id));
        response_error(response, STATUS_INTERNAL, "The answer is too large.");
    }
    if (response->content_type == problem_content_type)
        problem_add_instance(response, call->path);
    connection_deadline(call->connection,
                        clock_monotonic_us(call->server->options.clock) + HTTP_ANSWER_DEADLINE_US);
    if (body->size == 0)
        return MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *answer =
        MHD_create_response_from_buffer_with_free_callback(body->size, body->data, free);
    if (answer != NULL)
        buf_init(body, body->max);
    return answer;
}

enum MHD_Result call_answer(struct call *call)
{
    struct response *response = &call->exchange.response;
    struct MHD_Response *answer;
    if (call->stream != NULL && response->http_status < 300) {
        response->content_type = "text/event-stream";
        answer = events_answer(&call->server->events, call->stream);
    } else {
        answer = whole_answer(call);
    }
    if (answer == NULL)
        return MHD_NO;
    int http_status = response->http_status;
    add_headers(call, answer);
    enum MHD_Result result = MHD_queue_response(call->mhd, (unsigned)http_status, answer);
    MHD_destroy_response(answer);
    call->answered = true;
    count_answer(call, http_status);
    trace_end(call, http_status);
    return result;
}
