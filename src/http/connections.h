/* SPDX-License-Identifier: Apache-2.0
 *
 * A listening socket → the open connections: who takes them, how many there may be, and how long
 * each may stay as it is.
 *
 * Places are counted here, and no address has more than its share of them: libmicrohttpd 0.9.75
 * locks up for good once its own limit is reached. It also only ends connections that are silent; a
 * client that drips a byte a second is ended here, by shutting its socket down once the deadline of
 * what it is doing has passed.
 */
#ifndef ECS_HTTP_CONNECTIONS_H
#define ECS_HTTP_CONNECTIONS_H

#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/address.h"
#include "http/fairness.h"
#include "http/head.h"

#define CONNECTION_NO_DEADLINE INT64_MAX

struct connection {
    LIST_ENTRY(connection) place;
    int fd;
    _Atomic int64_t deadline_us; /* monotonic */
    struct in6_addr peer;
    struct target target; /* of the request that is being read */
};

struct connections {
    pthread_mutex_t lock; /* guards the list, and each socket against being closed while in it */
    LIST_HEAD(, connection) open;
    struct shares places;
    const struct address_list *proxies; /* each stands for many clients, and has no share */
    int listening;                      /* the socket that accepts */
    int port;                           /* that was bound */
    struct MHD_Daemon *const *daemons;
    size_t daemon_count;
    _Atomic bool refusing;
    pthread_t acceptor;
};

/* `places`: connections there may be at once. */
void connections_init(struct connections *connections, size_t places,
                      const struct address_list *proxies);
void connections_destroy(struct connections *connections);
/* A place for a connection from this address: TOO_MANY_REQUESTS or UNAVAILABLE as of shares_take.
 * connection_close gives it back, or connection_dismiss if it was never opened. */
MUST_CHECK enum status connection_admit(struct connections *connections,
                                        const struct sockaddr *peer);
void connection_dismiss(struct connections *connections, const struct sockaddr *peer);
/* NULL: out of memory. */
struct connection *connection_open(struct connections *connections, int fd,
                                   const struct sockaddr *peer, int64_t deadline_us);
/* Before its socket is closed. */
void connection_close(struct connections *connections, struct connection *connection);
/* Any thread. */
static inline void connection_deadline(struct connection *connection, int64_t deadline_us)
{
    atomic_store_explicit(&connection->deadline_us, deadline_us, memory_order_relaxed);
}
/* Ends those whose deadline has passed. */
void connections_cut(struct connections *connections, int64_t monotonic_us);

/* Listens at `address`, "127.0.0.1:9999" or "[::1]:0", and deals connections in turn to the epoll
 * threads as long as there are places; one too many is closed at once. A thread of its own does it:
 * libmicrohttpd's threads would compete for each connection, and 0.9.75 may abort when it is told
 * to stop listening while it accepts. UNAVAILABLE: the reason is logged. */
MUST_CHECK enum status connections_accept(struct connections *connections, const char *address,
                                          struct MHD_Daemon *const daemons[], size_t daemon_count);
/* Closes the socket: from here on connections are refused. Once. */
void connections_refuse(struct connections *connections);

#endif
