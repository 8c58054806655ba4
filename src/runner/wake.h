/* SPDX-License-Identifier: Apache-2.0
 *
 * The thread that wakes event streams: it follows the stream of notifications with a view of its
 * own and tells the server whom each is for.
 */
#ifndef ECS_RUNNER_WAKE_H
#define ECS_RUNNER_WAKE_H

#include "http/server.h"
#include "process/steady.h"
#include "runner/runner.h"

struct wake {
    struct bus *bus;
    struct http_server *server;
    struct stop *stop;
    bool running;
    pthread_t thread;
};

/* Nothing to do, and OK, if no role streams events to people. UNAVAILABLE: no thread. */
MUST_CHECK enum status wake_start(struct wake *wake, const struct runner_options *options,
                                  struct http_server *server, struct stop *stop);
/* After stop_set; also if it was not started. */
void wake_join(struct wake *wake);

#endif
