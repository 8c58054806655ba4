/* SPDX-License-Identifier: Apache-2.0
 *
 * Judges a request by its headers, in this order: well-formed, rate, route, method, authorization,
 * media type, size. The first that fails is the answer; no body is read for it.
 */
#include "http/call.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/metrics.h"
#include "base/utf8.h"
#include "http/server_state.h"
#include "http/trace.h"
#include "wire/fields.h"

static void note_refusal(struct call *call, enum status status)
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
    note_refusal(call, status);
}

/* Keeps a decoded or copied text as long as the call lives. False if it is malformed or long. */
static bool call_keep(struct call *call, struct slice text, size_t max, bool encoded,
                      struct slice *kept)
{
    char *to = call->text + call->text_used;
    size_t room = sizeof call->text - call->text_used;
    if (room > max)
        room = max;
    size_t size = text.size;
    if (encoded) {
        if (!route_percent_decode(text, to, room, &size))
            return false;
    } else {
        if (size > room)
            return false;
        if (size > 0)
            memcpy(to, text.data, size);
    }
    call->text_used += size;
    *kept = (struct slice){to, size};
    return true;
}

/* Keeps one argument, "name=value", if it is one that handlers look at. False: malformed. */
static bool argument_keep(struct call *call, struct slice text)
{
    enum { QUERY_VALUE_MAX = 64 };
    struct request *request = &call->exchange.request;
    const char *equals = text.size == 0 ? NULL : memchr(text.data, '=', text.size);
    size_t name_size = equals == NULL ? text.size : (size_t)(equals - text.data);
    struct slice name = {text.data, name_size}, value = {0};
    if (equals != NULL)
        value = (struct slice){equals + 1, text.size - name_size - 1};
    struct slice *to = slice_equals(name, "page")        ? &request->query_page
                       : slice_equals(name, "page_size") ? &request->query_page_size
                       : slice_equals(name, "after")     ? &request->query_after
                                                         : NULL;
    return to == NULL || (to->data == NULL && call_keep(call, value, QUERY_VALUE_MAX, true, to) &&
                          utf8_valid(to->data, to->size));
}

static bool query_keep(struct call *call, struct slice query)
{
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        size_t size = end == NULL ? query.size : (size_t)(end - query.data);
        if (!argument_keep(call, (struct slice){query.data, size}))
            return false;
        size_t passed = end == NULL ? size : size + 1;
        query = (struct slice){query.data + passed, query.size - passed};
    }
    return true;
}

/* Records the client's address, by which its requests are rate-limited. */
static void call_note_client(struct call *call, struct slice forwarded_for)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr client = address_subscriber(
        headers_client(call->server->options.proxies, call->connection->peer, forwarded_for));
    call->rate_key = rate_limit_key(&client);
    address_format(&client, text);
    (void)!call_keep(call, slice_of(text), sizeof text, false,
                     &call->exchange.request.remote_address);
}

/* A 422 that names a part of the head that is no text. */
static void refuse_bytes(struct call *call, const char *loc, const char *name)
{
    struct field_errors errors = {0};
    field_error_add(&(struct fields){NULL, loc, &errors}, name, "string_unicode",
                    "Input should be valid UTF-8", NULL);
    response_field_errors(&call->exchange.response, &errors);
    note_refusal(call, STATUS_INVALID);
}

static bool header_is_text(struct call *call, const struct headers *headers, enum header header,
                           const char *name)
{
    struct slice value = headers->values[header];
    if (value.size == 0 || utf8_valid(value.data, value.size))
        return true;
    refuse_bytes(call, "header", name);
    return false;
}

/* MALFORMED: `*detail` says why. INVALID: refused already. */
static enum status parameters_keep(struct call *call, const struct route_match *match,
                                   const char **detail)
{
    enum { PARAMETER_MAX = 128 };
    const char *template = match->route->endpoint->path;
    for (size_t i = 0; i < match->route->parameter_count; i++) {
        struct slice *kept = &call->exchange.request.path_parameters[i];
        if (!call_keep(call, match->parameters[i], PARAMETER_MAX, true, kept)) {
            *detail = "Malformed path.";
            return STATUS_MALFORMED;
        }
        template = strchr(template, '{') + 1;
        if (!utf8_valid(kept->data, kept->size)) {
            char name[PARAMETER_MAX];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(template, "}"), template);
            refuse_bytes(call, "path", name);
            return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

/* Copies what the handler may look at. MALFORMED: `*detail` says why. INVALID: refused already. */
static enum status call_fill(struct call *call, const struct headers *headers,
                             const struct route_match *match, const char **detail)
{
    struct request *request = &call->exchange.request;
    enum status status = parameters_keep(call, match, detail);
    if (status != STATUS_OK)
        return status;
    if (!query_keep(call, target_query(&call->connection->target))) {
        *detail = "Malformed query.";
        return STATUS_MALFORMED;
    }
    if (!call_keep(call, headers->values[HEADER_IDEMPOTENCY_KEY], IDEMPOTENCY_KEY_MAX, false,
                   &request->idempotency_key)) {
        *detail = "Idempotency-Key is too long.";
        return STATUS_MALFORMED;
    }
    if (!header_is_text(call, headers, HEADER_IDEMPOTENCY_KEY, "Idempotency-Key") ||
        !header_is_text(call, headers, HEADER_INTERNAL_KEY, "X-Internal-Key"))
        return STATUS_INVALID;
    struct slice last = headers->values[HEADER_LAST_EVENT_ID];
    if (last.size > 0) {
        char *end;
        errno = 0;
        request->last_event_id = strtoll(last.data, &end, 10);
        if (errno != 0 || end != last.data + last.size || request->last_event_id < 0)
            request->last_event_id = 0;
    }
    return STATUS_OK;
}

/* "application/json; charset=utf-8" is of the type "application/json". */
static bool media_type_is(struct slice value, const char *type)
{
    size_t size = strlen(type);
    if (value.size < size || strncasecmp(value.data, type, size) != 0)
        return false;
    while (size < value.size && (value.data[size] == ' ' || value.data[size] == '\t'))
        size++;
    return size == value.size || value.data[size] == ';';
}

static enum status call_check_body(struct call *call, const struct headers *headers,
                                   const char **detail)
{
    struct slice type = headers->values[HEADER_CONTENT_TYPE];
    struct slice encoding = headers->values[HEADER_CONTENT_ENCODING];
    call->body_max = HTTP_BODY_MAX;
    if (call->endpoint->request_schema != NULL && type.size > 0) {
        bool batch = media_type_is(type, "application/x-ndjson") && call->endpoint->batch;
        bool person = endpoint_auth_takes_token(call->endpoint->auth) &&
                      !call->exchange.request.principal.is_producer;
        if (batch && !person) {
            call->exchange.request.is_batch = true;
            call->body_max = HTTP_BATCH_BODY_MAX;
        } else if (!media_type_is(type, "application/json")) {
            *detail = batch ? "A batch needs an internal key." : "Unsupported media type.";
            return STATUS_UNSUPPORTED_MEDIA_TYPE;
        }
    }
    if (encoding.size > 0 && !slice_equals(encoding, "identity")) {
        *detail = "Unsupported content encoding.";
        return STATUS_UNSUPPORTED_MEDIA_TYPE;
    }
    struct slice length = headers->values[HEADER_CONTENT_LENGTH];
    if (length.size > 0 && strtoull(length.data, NULL, 10) > call->body_max) {
        *detail = "Request body is too large.";
        return STATUS_TOO_LARGE;
    }
    buf_init(&call->body, call->body_max);
    return STATUS_OK;
}

/* TOO_MANY_REQUESTS: it is one too many of this address or person. */
static enum status rate_check(struct call *call, struct rate_limit *limit, uint64_t key,
                              const char **detail)
{
    if (rate_limit_pass(limit, key, call->exchange.request.received_us))
        return STATUS_OK;
    call->exchange.response.retry_after_s = 1;
    *detail = "Too many requests.";
    return STATUS_TOO_MANY_REQUESTS;
}

/* All that can be said by the headers alone. Not OK: `*detail` says why, unless it is refused
 * already. */
static enum status call_admit(struct call *call, const struct headers *headers,
                              const struct head *head, const char **detail)
{
    struct http_server *server = call->server;
    struct request *request = &call->exchange.request;
    struct route_match match;
    *detail = head_fault(head, headers);
    if (*detail != NULL) {
        call->close = true;
        return STATUS_MALFORMED;
    }
    call_note_client(call, headers->values[HEADER_FORWARDED_FOR]);
    enum status status = rate_check(call, server->rates, call->rate_key, detail);
    if (status != STATUS_OK)
        return status;
    status = router_match(&server->router, head->method, call->path, &match);
    if (status != STATUS_OK) {
        memcpy(call->allow, match.allow, sizeof call->allow);
        *detail = status == STATUS_NOT_FOUND ? "Endpoint not found." : "Method not allowed.";
        return status;
    }
    call->endpoint = match.route->endpoint;
    status = call_fill(call, headers, &match, detail);
    if (status != STATUS_OK)
        return status;
    struct slice user = {0};
    if (match.route->user_parameter >= 0)
        user = request->path_parameters[match.route->user_parameter];
    status = authorize(&server->authority, call->endpoint->auth, headers, user,
                       request->received_us, &request->principal, detail);
    if (status != STATUS_OK)
        return status;
    const struct principal *who = &request->principal;
    if (endpoint_auth_takes_token(call->endpoint->auth) && !who->is_producer)
        status = rate_check(call, server->people, rate_limit_person_key(&who->user_id), detail);
    if (status != STATUS_OK)
        return status;
    return call_check_body(call, headers, detail);
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

static bool headers_are_large(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info != NULL && info->header_size > HTTP_HEADERS_MAX;
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
    const char *detail = NULL;
    enum status status = STATUS_HEADERS_TOO_LARGE;
    if (headers_are_large(mhd))
        detail = "Request headers are too large.";
    else
        status = call_admit(call, &headers, &head, &detail);
    if (status == STATUS_OK)
        call->exchange.response.http_status = call->endpoint->success;
    else if (!call->refused)
        call_refuse(call, status, detail);
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

/* Whether the memory that the body has come to is granted. */
static bool body_is_granted(struct call *call)
{
    size_t held = call->body.capacity;
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
