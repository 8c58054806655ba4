/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connections.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "http/rate_limit.h"
#include "limits.h"

void connections_init(struct connections *connections)
{
    pthread_mutex_init(&connections->lock, NULL);
    connections->first = NULL;
}

void connections_destroy(struct connections *connections)
{
    pthread_mutex_destroy(&connections->lock);
}

static void address_format(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
    const void *bytes = &((const struct sockaddr_in *)address)->sin_addr;
    if (address->sa_family == AF_INET6)
        bytes = &((const struct sockaddr_in6 *)address)->sin6_addr;
    if (inet_ntop(address->sa_family, bytes, text, INET6_ADDRSTRLEN) == NULL)
        text[0] = '\0';
}

struct connection *connection_open(struct connections *connections, int fd,
                                   const struct sockaddr *address, int64_t deadline_us)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->fd = fd;
    connection_deadline(connection, deadline_us);
    connection->rate_key = rate_limit_key(address);
    address_format(address, connection->address);
    /* A peer that is gone, or takes nothing of what it asked for, ends in that time too. */
    unsigned stall_ms = (unsigned)(HTTP_ANSWER_DEADLINE_US / 1000);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms, sizeof stall_ms);
    pthread_mutex_lock(&connections->lock);
    connection->next = connections->first;
    if (connection->next != NULL)
        connection->next->previous = connection;
    connections->first = connection;
    pthread_mutex_unlock(&connections->lock);
    return connection;
}

void connection_close(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        connections->first = connection->next;
    pthread_mutex_unlock(&connections->lock);
    free(connection);
}

void connections_cut(struct connections *connections, int64_t monotonic_us)
{
    pthread_mutex_lock(&connections->lock);
    for (struct connection *at = connections->first; at != NULL; at = at->next)
        if (atomic_load_explicit(&at->deadline_us, memory_order_relaxed) < monotonic_us) {
            shutdown(at->fd, SHUT_RDWR);
            connection_deadline(at, CONNECTION_NO_DEADLINE);
        }
    pthread_mutex_unlock(&connections->lock);
}
