/* SPDX-License-Identifier: Apache-2.0
 *
 * One request on its way through the server, from its headers to its answer:
 *
 *   call_begin → admission_check → (body: call_receive) → call_run → handler → exchange_done
 *     → call_answer
 *
 * It belongs to the epoll thread of its connection, but for the time between call_run and
 * exchange_done, when it belongs to the handler. See call.c for how it changes hands.
 */
#ifndef ECS_HTTP_CALL_H
#define ECS_HTTP_CALL_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "http/connections.h"
#include "http/head.h"
#include "http/router.h"
#include "ports/tracer.h"

struct event_stream;

enum call_state {
    CALL_OPEN,      /* being read, or answered */
    CALL_RUNNING,   /* handed to its handler */
    CALL_SUSPENDED, /* the same, and its connection sleeps until it is done */
    CALL_DONE       /* the handler is done with it */
};

enum { CALL_TEXT_MAX = 640 };

struct call {
    struct exchange exchange; /* first: exchange_done finds the call by it */
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct connection *connection;
    uint64_t rate_key;               /* of the client */
    const struct endpoint *endpoint; /* NULL: refused before there was one */
    struct event_stream *stream;     /* ENDPOINT_EVENTS, once it was admitted */
    _Atomic enum call_state state;
    bool refused;
    bool has_body;
    bool is_head; /* the method is HEAD */
    bool answered;
    bool close;      /* the connection ends with the answer */
    size_t received; /* body bytes, also those dropped */
    struct buf body;
    size_t body_share;   /* of the memory for bodies, taken for rate_key */
    int64_t body_end_us; /* monotonic: the request was complete */
    struct span span;
    struct slice path;
    char allow[ROUTE_ALLOW_SIZE];
    size_t text_used;
    char text[CALL_TEXT_MAX]; /* what the slices of the request point to */
};

/* NULL: out of memory. */
struct call *call_begin(struct http_server *server, struct MHD_Connection *mhd, const char *method,
                        const char *version);
void call_free(struct call *call);
/* Makes the answer a refusal; the handler will not run. */
void call_refuse(struct call *call, enum status status, const char *detail);
/* The same, for a response that says already what is wrong. */
void call_note_refusal(struct call *call, enum status status);
/* Keeps or drops a part of the body. False: it is far too much, cut the connection. */
MUST_CHECK bool call_receive(struct call *call, const char *data, size_t size);
/* The request is complete: hands it to its handler. The connection may be suspended after it. */
void call_run(struct call *call);
/* Sends the response as it stands. */
MUST_CHECK enum MHD_Result call_answer(struct call *call);

#endif
