/* SPDX-License-Identifier: Apache-2.0
 *
 * Server-Sent Events. A stream is a call that is answered for as long as its client listens. Its
 * handler runs on the pool: first before the answer starts, then each time events_wake says that
 * there may be news (runner/wake.c follows the notifications), once all it wrote before has
 * been sent. So at most HTTP_EVENT_BUFFER_MAX bytes of a stream wait, and a slow reader slows
 * nobody but itself.
 *
 * Places are shared between people: who opens one stream more than they may have ends their oldest,
 * for a phone that reconnects is newer than what it left behind. When all places are taken, the
 * oldest stream of whoever has most makes room. A client that hangs up is noticed at the next tick.
 *
 * One lock guards all streams; it is never held while a handler runs.
 */
#ifndef ECS_HTTP_EVENTS_H
#define ECS_HTTP_EVENTS_H

#include <pthread.h>
#include <sys/queue.h>

#include "http/call.h"
#include "http/pool.h"

struct events {
    pthread_mutex_t lock;
    LIST_HEAD(, event_stream) streams;
    size_t count;    /* of those that are not ending: they hold the places */
    uint64_t opened; /* ever */
    bool ending;     /* no new streams; those there are end */
    struct pool *pool;
    struct clock *clock;
    const struct revocations *revocations;
};

void events_init(struct events *events, struct pool *pool, struct clock *clock,
                 const struct revocations *revocations);
void events_destroy(struct events *events);
/* Makes the call a stream; its first run may begin. UNAVAILABLE: the server ends, or all places are
 * taken by people who have no more than this one would have. */
MUST_CHECK enum status events_reserve(struct events *events, struct call *call);
/* After a good first run: the answer that goes on. NULL: out of memory. */
struct MHD_Response *events_answer(struct events *events, struct event_stream *stream);
/* The client is gone or was refused. The call is freed with its stream, now or when the handler
 * has returned. */
void events_close(struct events *events, struct event_stream *stream);
/* NULL: everybody's. Any thread. */
void events_wake(struct events *events, const struct uuid *user_id);
/* Keeps quiet streams alive, ends those whose client is gone or whose token is no longer valid.
 * Several times a second. */
void events_tick(struct events *events);
void events_end(struct events *events);

#endif
