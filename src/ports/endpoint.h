/* SPDX-License-Identifier: Apache-2.0
 *
 * Port, inbound: what a role answers over HTTP. A role exports a table of endpoints; src/http
 * routes, authenticates, limits, documents (/openapi.json) and answers from that table alone. A
 * new endpoint is a row in a role's endpoints[], its handler, and a file in openapi/ for each body.
 */
#ifndef ECS_PORTS_ENDPOINT_H
#define ECS_PORTS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"
#include "base/uuid.h"
#include "limits.h"

enum endpoint_auth {
    AUTH_NONE,
    AUTH_INTERNAL,        /* X-Internal-Key */
    AUTH_USER,            /* bearer token; a {user_id} in the path must be the token's */
    AUTH_USER_OR_INTERNAL /* a good X-Internal-Key, else a token as for AUTH_USER */
};

enum endpoint_kind {
    ENDPOINT_BLOCKING, /* runs on a pool thread; done when it returns */
    ENDPOINT_ASYNC,    /* the handler returns at once; it, or a callback, calls exchange_done; or it
                          calls exchange_defer */
    ENDPOINT_EVENTS    /* Server-Sent Events: runs on a pool thread each time there may be news;
                          appends event frames newer than request.last_event_id to the body and
                          moves last_event_id on. A refusal on the first run ends it. */
};

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE, METHOD_PATCH, METHOD_COUNT };

static inline bool endpoint_auth_takes_token(enum endpoint_auth auth)
{
    return auth == AUTH_USER || auth == AUTH_USER_OR_INTERNAL;
}

static inline bool endpoint_auth_takes_internal_key(enum endpoint_auth auth)
{
    return auth == AUTH_INTERNAL || auth == AUTH_USER_OR_INTERNAL;
}

/* A key of event producers, and the name of the one that has it ("": none). */
struct internal_key {
    const char *secret;
    const char *producer;
};

/* Who asks: a producer with an internal key, or the person of a verified token. */
struct principal {
    bool is_producer;                /* then all but the next is zero */
    char producer[PRODUCER_MAX + 1]; /* the name that its key has, if it has one */
    struct uuid user_id;
    struct uuid token_id;
    int64_t token_expires_at_us;
    int64_t token_generation; /* of the person, when the token was issued */
    char email[EMAIL_MAX + 1];
};

/* Slices live until the exchange is done. Headers and parameters that did not come are empty. */
struct request {
    struct slice path_parameters[HTTP_PATH_PARAMETERS_MAX]; /* in the order of the template */
    struct slice query_page;
    struct slice query_page_size;
    struct slice query_after;
    struct slice body;
    bool is_batch;                     /* the body is application/x-ndjson */
    char request_id[TRACE_ID_MAX + 1]; /* X-Request-ID, or a new UUID */
    char traceparent[TRACEPARENT_LENGTH + 1];
    struct slice idempotency_key;
    int64_t last_event_id;       /* Last-Event-ID; 0: from the start */
    struct slice remote_address; /* of the client; of IPv6 the /64 network, as ADDRESS:: */
    struct principal principal;  /* zero with AUTH_NONE */
    int64_t received_us;
};

struct response {
    int http_status; /* the success of the endpoint, until it is changed */
    struct buf body;
    const char *content_type; /* a constant text; application/json unless set */
    int retry_after_s;        /* 0: no such header */
};

struct exchange {
    struct request request;
    struct response response;
    bool may_block; /* the handler runs on a pool thread, with all ports of its role */
    void *scratch;  /* the handler's, between an ASYNC start and its callback; freed by free() */
};

/* ENDPOINT_ASYNC, or with handle_batch: the response is complete. Exactly once; from any thread.
 * `exchange` is gone afterwards. Implemented by whoever runs the endpoint: src/http, or a test. */
void exchange_done(struct exchange *exchange);
/* ENDPOINT_ASYNC, instead of exchange_done: the handler is run again from its start, on a pool
 * thread, where it may block. Answers 503 if too many wait there. Implemented as the above. */
void exchange_defer(struct exchange *exchange);

struct role_context;
typedef void endpoint_handler(struct role_context *context, struct exchange *exchange);
/* Answers up to REQUESTS_AT_ONCE_MAX exchanges that waited together, and calls exchange_done for
 * each as soon as it is answered; returns how many at once, 1 or more, it would have the next time.
 */
typedef size_t endpoint_batch_handler(struct role_context *context, struct exchange *exchanges[],
                                      size_t count);

/* A schema is the name of a file with the JSON Schema of a body, "openapi/user.json", of which
 * /openapi.json is made; NULL: no body. */
struct endpoint {
    enum method method;
    const char *path; /* template: "/v1/users/{user_id}/offers" */
    enum endpoint_auth auth;
    enum endpoint_kind kind;
    bool batch;    /* also takes application/x-ndjson, from producers */
    bool paged;    /* takes page and page_size */
    bool internal; /* not for the public gateway */
    bool hashes;   /* passwords, which takes long: runs on threads that no other endpoint needs */
    endpoint_handler *handle;
    endpoint_batch_handler *handle_batch; /* instead of `handle`, of an ENDPOINT_BLOCKING */
    const char *summary;
    const char *request_schema;
    int success; /* status of success; 0: 200 */
    const char *response_schema;
    const char *errors; /* statuses beyond those that auth and body imply: "404 409" */
    bool keyed;         /* takes Idempotency-Key */
    bool resumed;       /* takes after: to go on behind this id */
};

static inline int endpoint_success(const struct endpoint *endpoint)
{
    return endpoint->success == 0 ? 200 : endpoint->success;
}

/* {"detail": …} with the fields of RFC 9457; replaces what the body held. */
void response_error(struct response *response, enum status status, const char *detail);

/* 422: the same, with `detail` an array of what is wrong in which field. */
struct field_errors;
void response_field_errors(struct response *response, const struct field_errors *errors);

#endif
