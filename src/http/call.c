/* SPDX-License-Identifier: Apache-2.0
 *
 * How a request changes hands. The epoll thread hands it to its handler (RUNNING) and must then
 * neither wait nor forget it, while the handler may be done before it has even returned. So:
 *
 *   done already    the epoll thread sees DONE and answers at once: no suspension, no wake-up
 *   not yet         the epoll thread suspends the connection first, and only then says so
 *                   (RUNNING → SUSPENDED); whoever is done later sees it and resumes
 *   in between      the handler turned RUNNING into DONE while the connection was being suspended:
 *                   the epoll thread loses the exchange and resumes the connection itself
 *
 * Suspending first is what makes it safe: libmicrohttpd takes a resume that comes before its
 * suspend for an order to cancel it. A suspended connection is never closed, so the call lives
 * until somebody resumes it.
 *
 * The body of an answer changes owner when it is handed to libmicrohttpd, it is not copied.
 */
#include "http/call.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/problem.h"
#include "http/server_state.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

void call_note_refusal(struct call *call, enum status status)
{
    call->refused = true;
    metric_add(METRIC_http_rejected,
               status == STATUS_TOO_MANY_REQUESTS ? LABEL_rate_limit
               : status == STATUS_UNAVAILABLE     ? LABEL_overload
                                                  : LABEL_refused,
               1);
}

void call_refuse(struct call *call, enum status status, const char *detail)
{
    response_error(&call->exchange.response, status, detail);
    call_note_refusal(call, status);
}

static bool request_id_valid(struct slice text)
{
    if (text.size == 0 || text.size > TRACE_ID_MAX)
        return false;
    for (size_t i = 0; i < text.size; i++)
        /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a zero byte is not among them. */
        if (!isalnum((unsigned char)text.data[i]) && memchr("._:-", text.data[i], 4) == NULL)
            return false;
    return true;
}

/* Fills request_id and traceparent of the request, and begins its span. A client's own are kept if
 * they are safe to repeat; else new ones are made. */
static void trace_begin(struct call *call, const struct headers *headers)
{
    const struct http_options *options = &call->server->options;
    struct request *request = &call->exchange.request;
    struct slice request_id = headers->values[HEADER_REQUEST_ID];
    if (request_id_valid(request_id)) {
        slice_text(request_id, request->request_id, sizeof request->request_id);
    } else {
        struct uuid uuid = entropy_uuid(options->entropy, request->received_us);
        uuid_format(&uuid, request->request_id);
    }
    span_begin(&call->span, options->tracer, headers->values[HEADER_TRACEPARENT],
               slice_of(request->request_id));
    memcpy(request->traceparent, call->span.traceparent, sizeof request->traceparent);
}

/* The path of "http://host/path", as some proxies ask. */
static struct slice path_of(const struct target *target)
{
    struct slice path = {target->whole.data, target->path_size};
    const char *authority = memmem(path.data, path.size, "://", 3);
    if (path.size == 0 || path.data[0] == '/' || authority == NULL)
        return path;
    const char *end = path.data + path.size;
    const char *start = memchr(authority + 3, '/', (size_t)(end - authority - 3));
    return start == NULL ? slice_of("/") : (struct slice){start, (size_t)(end - start)};
}

static struct call *call_create(struct http_server *server, struct MHD_Connection *mhd)
{
    struct connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    struct call *call = connection == NULL ? NULL : malloc(sizeof *call);
    if (call == NULL)
        return NULL;
    *call = (struct call){
        .server = server,
        .mhd = mhd,
        .connection = connection,
        .exchange.request.received_us = clock_now_us(server->options.clock),
    };
    buf_init(&call->exchange.response.body, HTTP_RESPONSE_MAX);
    return call;
}

struct call *call_begin(struct http_server *server, struct MHD_Connection *mhd, const char *method,
                        const char *version)
{
    struct call *call = call_create(server, mhd);
    if (call == NULL)
        return NULL;
    target_restore(&call->connection->target);
    struct head head = {mhd, &call->connection->target, method, version};
    struct headers headers;
    headers_read(mhd, &headers);
    trace_begin(call, &headers);
    call->path = path_of(head.target);
    call->is_head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
    call->has_body = headers.times[HEADER_TRANSFER_ENCODING] > 0 ||
                     (headers.times[HEADER_CONTENT_LENGTH] > 0 &&
                      !slice_equals(headers.values[HEADER_CONTENT_LENGTH], "0"));
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (info != NULL && info->header_size > HTTP_HEADERS_MAX)
        call_refuse(call, STATUS_HEADERS_TOO_LARGE, "Request headers are too large.");
    else if (admission_check(call, &head, &headers))
        call->exchange.response.http_status = endpoint_success(call->endpoint);
    return call;
}

/* Frees the body and gives its share back. */
static void body_drop(struct call *call)
{
    buf_free(&call->body);
    if (call->body_share > 0)
        shares_give(&call->server->bodies, call->rate_key, call->body_share);
    call->body_share = 0;
}

/* Whether the memory that the body has come to is granted. */
static bool body_is_granted(struct call *call)
{
    size_t held = call->body.capacity;
    assert(held >= call->body_share);
    if (held <= HTTP_BODY_SMALL || held == call->body_share)
        return true;
    if (shares_take(&call->server->bodies, call->rate_key, held - call->body_share,
                    HTTP_BODIES_MAX / HTTP_BODIES_SHARE) != STATUS_OK)
        return false;
    call->body_share = held;
    return true;
}

bool call_receive(struct call *call, const char *data, size_t size)
{
    assert(atomic_load(&call->state) == CALL_OPEN);
    call->received += size;
    if (call->refused)
        return call->received <= HTTP_DISCARD_MAX;
    buf_append(&call->body, data, size);
    if (call->body.overflowed) {
        call_refuse(call, STATUS_TOO_LARGE, "Request body is too large.");
    } else if (!body_is_granted(call)) {
        call->exchange.response.retry_after_s = 1;
        call_refuse(call, STATUS_UNAVAILABLE, "Too many large bodies at once.");
    }
    if (call->refused) {
        call->close = true;
        body_drop(call);
    }
    return true;
}

/* An ASYNC handler again, which ends the exchange itself. */
static void deferred_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    assert(atomic_load(&call->state) != CALL_OPEN);
    call->exchange.may_block = true;
    call->endpoint->handle(context, &call->exchange);
}

static void job_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    deferred_run(context, call);
    exchange_done(&call->exchange);
}

static size_t batch_run(struct role_context *context, void *arguments[], size_t count)
{
    struct exchange *exchanges[REQUESTS_AT_ONCE_MAX];
    const struct endpoint *endpoint = ((const struct call *)arguments[0])->endpoint;
    assert(count > 0 && count <= REQUESTS_AT_ONCE_MAX);
    for (size_t i = 0; i < count; i++) {
        struct call *call = arguments[i];
        assert(call->endpoint == endpoint && atomic_load(&call->state) != CALL_OPEN);
        call->exchange.may_block = true;
        exchanges[i] = &call->exchange;
    }
    return endpoint->handle_batch(context, exchanges, count);
}

/* Then rests for as long as a wrong password took: those who guess have half of a thread's time. */
static void hashing_run(struct role_context *context, void *argument)
{
    struct call *call = argument;
    int64_t started_us = steady_now_us();
    deferred_run(context, call);
    bool wrong = call->exchange.response.http_status == status_http(STATUS_UNAUTHENTICATED);
    exchange_done(&call->exchange);
    if (wrong)
        steady_pause(steady_now_us() - started_us);
}

void exchange_done(struct exchange *exchange)
{
    struct call *call = (struct call *)exchange;
    struct http_server *server = call->server;
    struct MHD_Connection *mhd = call->mhd;
    enum call_state before = atomic_exchange(&call->state, CALL_DONE);
    assert(before == CALL_RUNNING || before == CALL_SUSPENDED);
    if (before == CALL_SUSPENDED)
        MHD_resume_connection(mhd);
    /* The last touch: http_server_stop waits for it. */
    int64_t handlers = atomic_fetch_sub(&server->in_handlers, 1);
    assert(handlers > 0);
}

static void refuse_start(struct call *call, enum status status, const char *detail)
{
    call->exchange.response.retry_after_s = 1;
    call_refuse(call, status, detail);
    exchange_done(&call->exchange);
}

static void refuse_busy(void *argument)
{
    refuse_start(argument, STATUS_UNAVAILABLE, "Service is busy. Please try again later.");
}

static void call_queue(struct call *call, struct pool *pool, pool_job *job)
{
    if (!pool_submit(pool, call->rate_key, false, job, refuse_busy, call))
        refuse_busy(call);
}

static void call_queue_batched(struct call *call)
{
    if (!pool_submit_batched(call->server->pool, call->rate_key, call->endpoint, batch_run,
                             refuse_busy, call))
        refuse_busy(call);
}

void exchange_defer(struct exchange *exchange)
{
    struct call *call = (struct call *)exchange;
    assert(call->endpoint->kind == ENDPOINT_ASYNC && !exchange->may_block);
    call_queue(call, call->server->pool, deferred_run);
}

static void call_start(struct call *call)
{
    struct http_server *server = call->server;
    if (atomic_load(&server->stopping)) {
        refuse_start(call, STATUS_UNAVAILABLE, "Service is ending.");
        return;
    }
    if (call->endpoint->kind == ENDPOINT_ASYNC) {
        call->endpoint->handle(server->options.async_context, &call->exchange);
        return;
    }
    if (call->endpoint->kind == ENDPOINT_EVENTS) {
        if (call->is_head) { /* the head of a stream, which takes no place */
            call->exchange.response.content_type = "text/event-stream";
            exchange_done(&call->exchange);
            return;
        }
        enum status status = events_reserve(&server->events, call);
        if (status != STATUS_OK) {
            refuse_start(call, status, "Too many event streams.");
            return;
        }
    }
    if (call->endpoint->handle_batch != NULL)
        call_queue_batched(call);
    else if (call->endpoint->hashes && server->hashing != NULL)
        call_queue(call, server->hashing, hashing_run);
    else
        call_queue(call, server->pool, job_run);
}

void call_run(struct call *call)
{
    struct http_server *server = call->server;
    call->exchange.request.body = buf_slice(&call->body);
    connection_deadline(call->connection, CONNECTION_NO_DEADLINE);
    /* Counted before `stopping` is looked at, as http_server_stop sets it before it looks at the
     * count: one of the two sees the other. */
    int64_t handlers = atomic_fetch_add(&server->in_handlers, 1);
    enum call_state before = atomic_exchange(&call->state, CALL_RUNNING);
    assert(handlers >= 0 && before == CALL_OPEN && !call->refused && !call->answered);
    call_start(call);
    if (atomic_load(&call->state) == CALL_DONE)
        return;
    MHD_suspend_connection(call->mhd);
    enum call_state expected = CALL_RUNNING;
    if (!atomic_compare_exchange_strong(&call->state, &expected, CALL_SUSPENDED)) {
        assert(expected == CALL_DONE);
        MHD_resume_connection(call->mhd);
    }
}

/* Health checks and scrapes are not worth a trace. */
static bool is_own(const struct endpoint *endpoint)
{
    for (size_t i = 0; i < own_endpoints.count; i++)
        if (endpoint == &own_endpoints.endpoints[i])
            return true;
    return false;
}

static void trace_end(struct call *call, int http_status)
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

static void count_answer(const struct call *call, int http_status)
{
    static const enum metric_label classes[] = {LABEL_informational, LABEL_success,
                                                LABEL_redirection, LABEL_client_error,
                                                LABEL_server_error};
    assert(http_status >= 100 && http_status < 600);
    metric_add(METRIC_http_requests, classes[http_status / 100 - 1], 1);
    if (call->body_end_us != 0)
        metric_observe_us(METRIC_http_request_us,
                          clock_monotonic_us(call->server->options.clock) - call->body_end_us);
}

/* To add one fails only without memory: the answer is worth more than a header. */
static void add_headers(const struct call *call, struct MHD_Response *answer)
{
    const struct response *response = &call->exchange.response;
    MHD_add_response_header(answer, "X-Request-ID", call->exchange.request.request_id);
    MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE,
                            response->content_type == NULL ? "application/json"
                                                           : response->content_type);
    MHD_add_response_header(answer, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
    MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
    if (call->allow[0] != '\0')
        MHD_add_response_header(answer, MHD_HTTP_HEADER_ALLOW, call->allow);
    if (response->http_status == MHD_HTTP_UNAUTHORIZED && call->endpoint != NULL &&
        endpoint_auth_takes_token(call->endpoint->auth))
        MHD_add_response_header(answer, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    assert(response->retry_after_s >= 0);
    if (response->retry_after_s > 0) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%d", response->retry_after_s);
        MHD_add_response_header(answer, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
    }
    if (call->close || atomic_load_explicit(&call->server->draining, memory_order_relaxed))
        MHD_add_response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
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
    assert(!call->answered && (call->refused || atomic_load(&call->state) == CALL_DONE));
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

void call_free(struct call *call)
{
    /* A client that left is noticed when its connection is resumed, before the answer is asked
     * for; so this may be the first look at what the handler's thread has done. */
    enum call_state state = atomic_load(&call->state);
    assert(state == CALL_OPEN || state == CALL_DONE);
    free(call->exchange.scratch);
    buf_free(&call->exchange.response.body);
    body_drop(call);
    free(call);
}
