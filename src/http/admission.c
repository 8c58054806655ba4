/* SPDX-License-Identifier: Apache-2.0 */
#include "http/admission.h"

#include <assert.h>
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/text.h"
#include "http/server_state.h"
#include "wire/fields.h"

enum status authority_init(struct authority *authority, const struct http_options *options)
{
    *authority = (struct authority){.tokens = options->tokens, .revocations = options->revocations};
    const struct internal_key *key = options->internal_keys;
    for (; key != NULL && key->secret != NULL; key++) {
        if (authority->internal_key_count == INTERNAL_KEYS_MAX)
            return STATUS_INVALID;
        size_t place = authority->internal_key_count++;
        struct slice secret = slice_of(key->secret);
        authority->internal_keys[place] = hash_of(&secret, 1);
        authority->producers[place] = key->producer;
    }
    return STATUS_OK;
}

static bool refuse(struct call *call, enum status status, const char *detail)
{
    call_refuse(call, status, detail);
    return false;
}

/* Keeps a decoded or copied text as long as the call lives. False if it is malformed or long. */
static bool call_keep(struct call *call, struct slice text, size_t max, bool encoded,
                      struct slice *kept)
{
    assert(call->text_used <= sizeof call->text);
    char *to = call->text + call->text_used;
    size_t left = sizeof call->text - call->text_used, size = text.size;
    size_t room = left < max ? left : max;
    if (encoded ? !text_percent_decode(text, to, room, &size) : size > room)
        return false;
    if (!encoded && size > 0)
        memcpy(to, text.data, size);
    assert(size <= room);
    call->text_used += size;
    *kept = (struct slice){to, size};
    return true;
}

/* Takes what stands before the first `mark` off the front, and the mark; all if there is none. */
static struct slice part_take(struct slice *rest, char mark)
{
    const char *end = rest->size == 0 ? NULL : memchr(rest->data, mark, rest->size);
    struct slice part = {rest->data, end == NULL ? rest->size : (size_t)(end - rest->data)};
    size_t passed = part.size + (end != NULL);
    *rest = (struct slice){rest->data + passed, rest->size - passed};
    return part;
}

/* Keeps one argument, "name=value", if it is one that handlers look at. False: malformed. */
static bool argument_keep(struct call *call, struct slice value)
{
    enum { QUERY_VALUE_MAX = 64 };
    struct request *request = &call->exchange.request;
    struct slice name = part_take(&value, '=');
    struct slice *to = slice_equals(name, "page")        ? &request->query_page
                       : slice_equals(name, "page_size") ? &request->query_page_size
                       : slice_equals(name, "after")     ? &request->query_after
                                                         : NULL;
    return to == NULL || (to->data == NULL && call_keep(call, value, QUERY_VALUE_MAX, true, to) &&
                          text_is_utf8(to->data, to->size));
}

static bool query_keep(struct call *call, struct slice query)
{
    while (query.size > 0)
        if (!argument_keep(call, part_take(&query, '&')))
            return false;
    return true;
}

/* Records the client's address, by which its requests are rate-limited. */
static void note_client(struct call *call, struct slice forwarded_for)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr client = address_subscriber(
        headers_client(call->server->options.proxies, call->connection->peer, forwarded_for));
    call->rate_key = rate_limit_key(&client);
    address_format(&client, text);
    (void)!call_keep(call, slice_of(text), sizeof text, false,
                     &call->exchange.request.remote_address);
}

/* False: it is one too many of this address or person. */
static bool rate_check(struct call *call, struct rate_limit *limit, uint64_t key)
{
    if (rate_limit_pass(limit, key, call->exchange.request.received_us))
        return true;
    call->exchange.response.retry_after_s = 1;
    return refuse(call, STATUS_TOO_MANY_REQUESTS, "Too many requests.");
}

static bool route_find(struct call *call, const char *method, struct route_match *match)
{
    enum status status = router_match(&call->server->router, method, call->path, match);
    if (status == STATUS_OK) {
        call->endpoint = match->route->endpoint;
        return true;
    }
    memcpy(call->allow, match->allow, sizeof call->allow);
    return refuse(call, status,
                  status == STATUS_NOT_FOUND ? "Endpoint not found." : "Method not allowed.");
}

/* A 422 that names a part of the head that is no text. */
static bool refuse_bytes(struct call *call, const char *loc, const char *name)
{
    struct field_errors errors = {0};
    field_refuse(&(struct fields){NULL, loc, &errors}, name, "string_unicode", NULL,
                 "Input should be valid UTF-8");
    response_field_errors(&call->exchange.response, &errors);
    call_note_refusal(call, STATUS_INVALID);
    return false;
}

static bool header_is_text(struct call *call, const struct headers *headers, enum header header,
                           const char *name)
{
    struct slice value = headers->values[header];
    return value.size == 0 || text_is_utf8(value.data, value.size) ||
           refuse_bytes(call, "header", name);
}

static bool parameters_keep(struct call *call, const struct route_match *match)
{
    enum { PARAMETER_MAX = 128 };
    const char *template = match->route->endpoint->path;
    assert(match->route->parameter_count <= HTTP_PATH_PARAMETERS_MAX);
    for (size_t i = 0; i < match->route->parameter_count; i++) {
        struct slice *kept = &call->exchange.request.path_parameters[i];
        if (!call_keep(call, match->parameters[i], PARAMETER_MAX, true, kept))
            return refuse(call, STATUS_MALFORMED, "Malformed path.");
        template = strchr(template, '{') + 1;
        if (!text_is_utf8(kept->data, kept->size)) {
            char name[PARAMETER_MAX];
            snprintf(name, sizeof name, "%.*s", (int)strcspn(template, "}"), template);
            return refuse_bytes(call, "path", name);
        }
    }
    return true;
}

/* Zero for what is not a number of an event. */
static int64_t event_id_read(struct slice text)
{
    char *end;
    errno = 0;
    int64_t id = text.size == 0 ? 0 : strtoll(text.data, &end, 10);
    return id > 0 && errno == 0 && end == text.data + text.size ? id : 0;
}

/* Copies what the handler may look at. */
static bool request_keep(struct call *call, const struct headers *headers,
                         const struct route_match *match)
{
    struct request *request = &call->exchange.request;
    if (!parameters_keep(call, match))
        return false;
    if (!query_keep(call, target_query(&call->connection->target)))
        return refuse(call, STATUS_MALFORMED, "Malformed query.");
    if (!call_keep(call, headers->values[HEADER_IDEMPOTENCY_KEY], IDEMPOTENCY_KEY_MAX, false,
                   &request->idempotency_key))
        return refuse(call, STATUS_MALFORMED, "Idempotency-Key is too long.");
    request->last_event_id = event_id_read(headers->values[HEADER_LAST_EVENT_ID]);
    return header_is_text(call, headers, HEADER_IDEMPOTENCY_KEY, "Idempotency-Key") &&
           header_is_text(call, headers, HEADER_INTERNAL_KEY, "X-Internal-Key");
}

/* The producer whose key was given; NULL if none was. */
static const char *producer_of(const struct authority *authority, const struct headers *headers)
{
    const char *producer = NULL;
    if (headers->times[HEADER_INTERNAL_KEY] == 1) {
        struct slice key = headers->values[HEADER_INTERNAL_KEY];
        struct hash given = hash_of(&key, 1);
        for (size_t i = 0; i < authority->internal_key_count; i++)
            if (sodium_memcmp(given.bytes, authority->internal_keys[i].bytes, HASH_SIZE) == 0)
                producer = authority->producers[i];
    }
    return producer;
}

/* The token of "Bearer TOKEN"; empty if it is not that. */
static struct slice bearer_token(const struct headers *headers)
{
    static const char scheme[] = "Bearer ";
    struct slice value = headers->values[HEADER_AUTHORIZATION];
    size_t at = sizeof scheme - 1;
    if (headers->times[HEADER_AUTHORIZATION] != 1 || value.size < at ||
        strncasecmp(value.data, scheme, at) != 0)
        return (struct slice){0};
    while (at < value.size && value.data[at] == ' ')
        at++;
    return (struct slice){value.data + at, value.size - at};
}

static bool authorize_user(struct call *call, const struct headers *headers,
                           const struct route *route)
{
    const struct authority *authority = &call->server->authority;
    const struct slice *parameters = call->exchange.request.path_parameters;
    struct principal *principal = &call->exchange.request.principal;
    struct slice token = bearer_token(headers);
    if (token.size == 0)
        return refuse(call, STATUS_UNAUTHENTICATED, "Invalid or missing authorization header.");
    if (token_verify(authority->tokens, token, call->exchange.request.received_us, principal) !=
            STATUS_OK ||
        revocations_contain(authority->revocations, principal))
        return refuse(call, STATUS_UNAUTHENTICATED, "Invalid or expired token.");
    int user = route->user_parameter;
    struct uuid user_id;
    if (user >= 0 &&
        (uuid_parse(parameters[user].data, parameters[user].size, &user_id) != STATUS_OK ||
         !uuid_equal(&user_id, &principal->user_id)))
        return refuse(call, STATUS_FORBIDDEN, "Not allowed for this user.");
    return rate_check(call, call->server->people, rate_limit_person_key(&principal->user_id));
}

static bool authorize(struct call *call, const struct headers *headers, const struct route *route)
{
    enum endpoint_auth auth = call->endpoint->auth;
    struct request *request = &call->exchange.request;
    const char *producer = endpoint_auth_takes_internal_key(auth)
                               ? producer_of(&call->server->authority, headers)
                               : NULL;
    if (producer != NULL) {
        request->principal.is_producer = true;
        snprintf(request->principal.producer, sizeof request->principal.producer, "%s", producer);
        return true;
    }
    if (endpoint_auth_takes_token(auth))
        return authorize_user(call, headers, route);
    return auth == AUTH_NONE ||
           refuse(call, STATUS_UNAUTHENTICATED, "Invalid or missing internal API key.");
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

static bool body_check(struct call *call, const struct headers *headers)
{
    struct slice type = headers->values[HEADER_CONTENT_TYPE];
    struct slice encoding = headers->values[HEADER_CONTENT_ENCODING];
    size_t body_max = HTTP_BODY_MAX;
    if (call->endpoint->request_schema != NULL && type.size > 0) {
        bool batch = media_type_is(type, "application/x-ndjson") && call->endpoint->batch;
        bool person = endpoint_auth_takes_token(call->endpoint->auth) &&
                      !call->exchange.request.principal.is_producer;
        if (batch && !person) {
            call->exchange.request.is_batch = true;
            body_max = HTTP_BATCH_BODY_MAX;
        } else if (!media_type_is(type, "application/json")) {
            return refuse(call, STATUS_UNSUPPORTED_MEDIA_TYPE,
                          batch ? "A batch needs an internal key." : "Unsupported media type.");
        }
    }
    if (encoding.size > 0 && !slice_equals(encoding, "identity"))
        return refuse(call, STATUS_UNSUPPORTED_MEDIA_TYPE, "Unsupported content encoding.");
    assert(call->body.capacity == 0 && call->body_share == 0);
    struct slice length = headers->values[HEADER_CONTENT_LENGTH];
    if (length.size > 0 && strtoull(length.data, NULL, 10) > body_max)
        return refuse(call, STATUS_TOO_LARGE, "Request body is too large.");
    buf_init(&call->body, body_max);
    return true;
}

bool admission_check(struct call *call, const struct head *head, const struct headers *headers)
{
    struct route_match match;
    assert(!call->refused && call->endpoint == NULL && call->text_used == 0);
    const char *fault = head_fault(head, headers);
    if (fault != NULL) {
        call->close = true;
        return refuse(call, STATUS_MALFORMED, fault);
    }
    note_client(call, headers->values[HEADER_FORWARDED_FOR]);
    return rate_check(call, call->server->rates, call->rate_key) &&
           route_find(call, head->method, &match) && request_keep(call, headers, &match) &&
           authorize(call, headers, match.route) && body_check(call, headers);
}
