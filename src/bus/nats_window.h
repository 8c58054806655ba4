/* SPDX-License-Identifier: Apache-2.0
 *
 * Publications that wait, first to be sent and then for their confirmation, oldest first: a ring of
 * BUS_WINDOW_MAX, found by serial. Each ends exactly once: confirmed, refused, timed out, or failed
 * with the connection; what ends before it was sent is not sent any more.
 * While publications wait and nothing was confirmed for ENGINE_SILENCE_US, no more are taken: they
 * would only wait in vain for a server that is frozen.
 * Safe from any thread; `done` is called without the lock.
 */
#ifndef ECS_BUS_NATS_WINDOW_H
#define ECS_BUS_NATS_WINDOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/publication.h"

/* A message that is to be sent, in one piece of memory with what it refers to: free() ends it. */
struct outgoing {
    struct bus_message message;
    struct slice once; /* the server stores it once by this; empty: always */
    size_t size;       /* bytes of all of it */
};

struct pending {
    struct publication publication; /* done NULL: ended */
    struct outgoing *outgoing;      /* NULL: it is sent, or ended */
    int64_t added_us;               /* steady; so is the next time */
};

struct window {
    pthread_mutex_t mutex;
    struct pending *ring; /* [serial % BUS_WINDOW_MAX] */
    uint64_t oldest;      /* all before it have ended */
    uint64_t unsent;      /* all before it were sent, or have ended */
    uint64_t next;
    size_t unsent_bytes;
    int64_t heard_us;     /* when one was last confirmed */
    pthread_cond_t added; /* one is to be sent, or it is closed */
    bool closed;
};

MUST_CHECK enum status window_init(struct window *window);
void window_destroy(struct window *window);

/* OK: the window frees `outgoing`. UNAVAILABLE: the window is full, messages of more than
 * BUS_QUEUE_BYTES_MAX would wait to be sent, or the server is silent. */
MUST_CHECK enum status window_add(struct window *window, const struct publication *publication,
                                  struct outgoing *outgoing, int64_t now_us);
/* The oldest message that is still to be sent, which is the caller's from now on; waits for one.
 * NULL: the window is closed. */
struct outgoing *window_next(struct window *window, uint64_t *serial);
/* Ends the wait for a next one, for good. */
void window_close(struct window *window);
/* Ends one: OK, the server confirmed it. Nothing happens if it has ended. */
void window_end(struct window *window, uint64_t serial, enum status status);
/* Ends with UNAVAILABLE all that have waited for BUS_PUBLISH_TIMEOUT_US. INT64_MAX: all. */
void window_expire(struct window *window, int64_t now_us);

#endif
