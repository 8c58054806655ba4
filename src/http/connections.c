/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connections.h"

#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "limits.h"

void connections_init(struct connections *connections, size_t places,
                      const struct address_list *proxies)
{
    pthread_mutex_init(&connections->lock, NULL);
    connections->first = NULL;
    connections->proxies = proxies;
    shares_init(&connections->places, places);
}

void connections_destroy(struct connections *connections)
{
    shares_destroy(&connections->places);
    pthread_mutex_destroy(&connections->lock);
}

enum status connection_admit(struct connections *connections, const struct sockaddr *peer)
{
    struct in6_addr address = address_of(peer);
    size_t all = connections->places.all_max;
    bool proxy = address_list_holds(connections->proxies, &address);
    return shares_take(&connections->places, rate_limit_key(&address), 1,
                       proxy ? all : all / HTTP_CONNECTIONS_SHARE);
}

void connection_dismiss(struct connections *connections, const struct sockaddr *peer)
{
    struct in6_addr address = address_of(peer);
    shares_give(&connections->places, rate_limit_key(&address), 1);
}

struct connection *connection_open(struct connections *connections, int fd,
                                   const struct sockaddr *peer, int64_t deadline_us)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection == NULL)
        return NULL;
    connection->fd = fd;
    connection_deadline(connection, deadline_us);
    connection->peer = address_of(peer);
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
    shares_give(&connections->places, rate_limit_key(&connection->peer), 1);
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
