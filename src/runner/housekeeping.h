/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process does beside its roles, on three threads: it drives the bus, wakes event streams
 * when a notification passes, and once in a while looks after engines, revocations, request rates
 * and lag. What it last saw of the engines, and which role cannot consume, is what /readyz answers,
 * without asking.
 */
#ifndef ECS_RUNNER_HOUSEKEEPING_H
#define ECS_RUNNER_HOUSEKEEPING_H

#include <stdatomic.h>

#include "http/server.h"
#include "runner/runner.h"
#include "runner/stop.h"

enum { ROLES_MAX = 8 };

/* An engine, as it was seen last. */
struct engine_seen {
    _Atomic int status; /* of enum status */
    _Atomic(const char *)
        cause; /* a constant: why it is down, or NULL; so is the next: what of it is not there */
    _Atomic(const char *) missing;
    _Atomic int durability; /* of enum durability */
};

struct housekeeping {
    const struct runner_options *options;
    struct stop *stop;
    struct stop bus_stop; /* the bus is driven longest: draining requests wait for it */
    struct http_server *server;
    struct role_context context;
    pthread_t thread;
    pthread_t bus_thread;
    pthread_t wake_thread;
    bool wakes;            /* some role streams events to people */
    atomic_bool bus_ended; /* for good: the process ends, and is to be started again */
    struct engine_seen bus;
    struct engine_seen store;
    struct engine_seen cache;
    _Atomic(const char *) failing[ROLES_MAX]; /* names of roles that cannot consume, or NULL */
};

/* Starts the bus thread alone: needed before the first request. */
MUST_CHECK enum status housekeeping_open(struct housekeeping *keeping,
                                         const struct runner_options *options, struct stop *stop);
/* Looks at the engines, for /readyz: once before the first request, then by itself. */
void housekeeping_look(struct housekeeping *keeping);
MUST_CHECK enum status housekeeping_start(struct housekeeping *keeping, struct http_server *server);
/* After stop_set. */
void housekeeping_join(struct housekeeping *keeping);
/* After the server has stopped. */
void housekeeping_close(struct housekeeping *keeping);

/* An http_readiness; context is the housekeeping. */
bool housekeeping_ready(void *context, struct buf *json);

#endif
