/* SPDX-License-Identifier: Apache-2.0 */
#include "http/connections.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "limits.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

void connections_init(struct connections *connections, size_t places,
                      const struct address_list *proxies)
{
    *connections = (struct connections){.proxies = proxies};
    pthread_mutex_init(&connections->lock, NULL);
    shares_init(&connections->places, places);
}

void connections_destroy(struct connections *connections)
{
    assert(LIST_EMPTY(&connections->open));
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
    assert(fd >= 0);
    connection->fd = fd;
    connection_deadline(connection, deadline_us);
    connection->peer = address_of(peer);
    /* A peer that is gone, or takes nothing of what it asked for, ends in that time too. */
    unsigned stall_ms = (unsigned)(HTTP_ANSWER_DEADLINE_US / 1000);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stall_ms, sizeof stall_ms);
    pthread_mutex_lock(&connections->lock);
    LIST_INSERT_HEAD(&connections->open, connection, place);
    pthread_mutex_unlock(&connections->lock);
    return connection;
}

void connection_close(struct connections *connections, struct connection *connection)
{
    pthread_mutex_lock(&connections->lock);
    assert(!LIST_EMPTY(&connections->open) && *connection->place.le_prev == connection);
    LIST_REMOVE(connection, place);
    pthread_mutex_unlock(&connections->lock);
    shares_give(&connections->places, rate_limit_key(&connection->peer), 1);
    free(connection);
}

void connections_cut(struct connections *connections, int64_t monotonic_us)
{
    pthread_mutex_lock(&connections->lock);
    struct connection *at;
    LIST_FOREACH(at, &connections->open, place) {
        if (atomic_load_explicit(&at->deadline_us, memory_order_relaxed) < monotonic_us) {
            shutdown(at->fd, SHUT_RDWR);
            connection_deadline(at, CONNECTION_NO_DEADLINE);
        }
    }
    pthread_mutex_unlock(&connections->lock);
}

enum { HOST_MAX = 255, BACKLOG = 1024 };

/* Parts host and port at the last colon; brackets round an IPv6 address fall away. */
static enum status address_split(const char *address, char host[HOST_MAX + 1], const char **port)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon[1] == '\0' || (size_t)(colon - address) > HOST_MAX)
        return STATUS_INVALID;
    size_t size = (size_t)(colon - address);
    if (size >= 2 && address[0] == '[' && address[size - 1] == ']') {
        address++;
        size -= 2;
    }
    memcpy(host, address, size);
    host[size] = '\0';
    *port = colon + 1;
    return STATUS_OK;
}

static int listen_at(const struct addrinfo *at)
{
    int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    getsockname(fd, (struct sockaddr *)&bound, &size);
    if (bound.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&bound)->sin6_port);
    /* NOLINTNEXTLINE(core.CallAndMessage): the system call wrote it. */
    return ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

/* UNAVAILABLE: the reason is logged. */
static enum status listen_open(const char *address, int *fd)
{
    char host[HOST_MAX + 1];
    const char *service;
    if (address_split(address, host, &service) != STATUS_OK) {
        log_error("listen address is not HOST:PORT", LOG_TEXT("listen", address));
        return STATUS_UNAVAILABLE;
    }
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(host[0] == '\0' ? NULL : host, service, &hints, &found);
    if (failure != 0) {
        log_error("listen address is unknown", LOG_TEXT("listen", address),
                  LOG_TEXT("reason", gai_strerror(failure)));
        return STATUS_UNAVAILABLE;
    }
    *fd = listen_at(found);
    if (*fd < 0)
        log_error("cannot listen", LOG_TEXT("listen", address),
                  LOG_TEXT("reason", strerror(errno)));
    freeaddrinfo(found);
    return *fd < 0 ? STATUS_UNAVAILABLE : STATUS_OK;
}

/* Hands a new connection on, or closes it: cheaply, without a word. */
static void deal(struct connections *connections, size_t turn, int fd, const struct sockaddr *peer,
                 socklen_t size)
{
    enum status status = connection_admit(connections, peer);
    if (status != STATUS_OK) {
        metric_add(METRIC_http_connections_refused,
                   status == STATUS_TOO_MANY_REQUESTS ? LABEL_rate_limit : LABEL_overload, 1);
        close(fd);
        return;
    }
    /* Closes it if it fails. */
    if (MHD_add_connection(connections->daemons[turn % connections->daemon_count], fd, peer,
                           size) != MHD_YES)
        connection_dismiss(connections, peer);
}

static void *accept_all(void *argument)
{
    struct connections *connections = argument;
    for (size_t turn = 0; !atomic_load(&connections->refusing);) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd = accept4(connections->listening, (struct sockaddr *)&address, &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            deal(connections, turn++, fd, (struct sockaddr *)&address, size);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* Some connection must end first. */
            log_warn("cannot accept connections", LOG_TEXT("reason", strerror(errno)));
            steady_pause(50000);
        }
    }
    return NULL;
}

enum status connections_accept(struct connections *connections, const char *address,
                               struct MHD_Daemon *const daemons[], size_t daemon_count)
{
    assert(daemon_count > 0 && connections->daemon_count == 0);
    connections->daemons = daemons;
    connections->daemon_count = daemon_count;
    if (listen_open(address, &connections->listening) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    connections->port = port_of(connections->listening);
    if (pthread_create(&connections->acceptor, NULL, accept_all, connections) == 0)
        return STATUS_OK;
    close(connections->listening);
    return STATUS_UNAVAILABLE;
}

void connections_refuse(struct connections *connections)
{
    bool was_refusing = atomic_exchange(&connections->refusing, true);
    assert(!was_refusing);
    shutdown(connections->listening, SHUT_RDWR); /* wakes accept4 */
    pthread_join(connections->acceptor, NULL);
    close(connections->listening);
}
