/* SPDX-License-Identifier: Apache-2.0
 *
 * Publications that wait for their confirmation, oldest first: a ring of BUS_WINDOW_MAX, found by
 * serial. Each ends exactly once: confirmed, refused, timed out, or failed with the connection.
 * While publications wait and nothing was confirmed for ENGINE_SILENCE_US, no more are taken: what
 * is written to a server that is frozen fills the socket, and then holds up the writing thread.
 * Safe from any thread; `done` is called without the lock.
 */
#ifndef ECS_BUS_NATS_WINDOW_H
#define ECS_BUS_NATS_WINDOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "bus/publication.h"

struct pending {
    struct publication publication; /* done NULL: ended */
    int64_t added_us;               /* steady; so is the next time */
};

struct window {
    pthread_mutex_t mutex;
    struct pending *ring; /* [serial % BUS_WINDOW_MAX] */
    uint64_t oldest;      /* all before it have ended */
    uint64_t next;
    int64_t heard_us; /* when one was last confirmed */
};

MUST_CHECK enum status window_init(struct window *window);
void window_destroy(struct window *window);

/* UNAVAILABLE: the window is full, or the server is silent. */
MUST_CHECK enum status window_add(struct window *window, const struct publication *publication,
                                  int64_t now_us, uint64_t *serial);
/* Ends one: OK, the server confirmed it. Nothing happens if it has ended. */
void window_end(struct window *window, uint64_t serial, enum status status);
/* Ends with UNAVAILABLE all that have waited for BUS_PUBLISH_TIMEOUT_US. INT64_MAX: all. */
void window_expire(struct window *window, int64_t now_us);

#endif
