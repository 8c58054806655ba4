/* SPDX-License-Identifier: Apache-2.0
 *
 * The open connections and how long each may stay as it is. libmicrohttpd only ends connections
 * that are silent; a client that drips a byte a second is ended here, by shutting its socket down
 * once the deadline of what it is doing has passed.
 */
#ifndef ECS_HTTP_CONNECTIONS_H
#define ECS_HTTP_CONNECTIONS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#define CONNECTION_NO_DEADLINE INT64_MAX

struct connection {
    struct connection *next;
    struct connection *previous;
    int fd;
    _Atomic int64_t deadline_us; /* monotonic */
    struct in6_addr peer;
};

struct connections {
    pthread_mutex_t lock; /* guards the list, and each socket against being closed while in it */
    struct connection *first;
};

void connections_init(struct connections *connections);
void connections_destroy(struct connections *connections);
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

#endif
