/* SPDX-License-Identifier: Apache-2.0
 *
 * What a process does beside its roles, on threads of its own: it drives the bus, wakes event
 * streams when a notification passes, and looks after bus (with lag), store (with revocations) and
 * cache (with request rates), each on one thread, so that an engine that hangs holds up none but
 * its own. What it last saw of the engines, and how roles get on with their streams, is what
 * /readyz answers, without asking.
 */
#ifndef ECS_RUNNER_HOUSEKEEPING_H
#define ECS_RUNNER_HOUSEKEEPING_H

#include <stdatomic.h>

#include "http/server.h"
#include "runner/engine_seen.h"
#include "runner/progress.h"
#include "runner/runner.h"
#include "runner/stop.h"

enum { ROLES_MAX = 8, WATCHES_MAX = 3 };

/* A thread that looks at one engine again and again, which may keep it waiting. */
struct watch {
    struct housekeeping *keeping;
    void (*look)(struct housekeeping *keeping);
    int64_t period_us;
    pthread_t thread;
};

struct housekeeping {
    const struct runner_options *options;
    struct stop *stop;
    struct stop bus_stop; /* the bus is driven longest: draining requests wait for it */
    struct http_server *server;
    struct role_context context;
    struct watch watches[WATCHES_MAX];
    size_t watch_count;
    unsigned cache_rounds;
    pthread_t bus_thread;
    pthread_t wake_thread;
    bool wakes;        /* some role streams events to people */
    bool takes_tokens; /* some role has to know which are revoked */
    struct engine_seen bus;
    struct engine_seen store;
    struct engine_seen cache;
    struct stream_progress progress[ROLES_MAX]; /* of roles that consume */
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
