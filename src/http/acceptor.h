/* SPDX-License-Identifier: Apache-2.0
 *
 * "127.0.0.1:9999" or "[::1]:0" → a listening socket → connections, dealt in turn to the epoll
 * threads as long as there are places; one too many is closed at once. A thread of its own does it:
 * libmicrohttpd's threads would compete for each connection, and 0.9.75 may abort when it is told
 * to stop listening while it accepts.
 */
#ifndef ECS_HTTP_ACCEPTOR_H
#define ECS_HTTP_ACCEPTOR_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "http/connections.h"

struct acceptor {
    int fd;
    int port; /* that was bound */
    struct MHD_Daemon *const *daemons;
    size_t daemon_count;
    struct connections *connections;
    _Atomic bool stopping;
    pthread_t thread;
};

/* UNAVAILABLE: the reason is logged. */
MUST_CHECK enum status acceptor_start(struct acceptor *acceptor, const char *address,
                                      struct MHD_Daemon *const daemons[], size_t daemon_count,
                                      struct connections *connections);
/* Closes the socket: from here on connections are refused. Once. */
void acceptor_stop(struct acceptor *acceptor);

#endif
