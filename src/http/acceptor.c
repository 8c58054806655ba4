/* SPDX-License-Identifier: Apache-2.0 */
#include "http/acceptor.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

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
    return bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&bound)->sin6_port)
                                       : ntohs(((struct sockaddr_in *)&bound)->sin_port);
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

/* Out of descriptors or memory: some connection must end first. */
static void wait_for_resources(int error)
{
    log_warn("cannot accept connections", LOG_TEXT("reason", strerror(error)));
    steady_pause(50000);
}

/* Hands a new connection on, or closes it: cheaply, without a word. */
static void deal(struct acceptor *acceptor, size_t turn, int fd, const struct sockaddr *peer,
                 socklen_t size)
{
    enum status status = connection_admit(acceptor->connections, peer);
    if (status != STATUS_OK) {
        metric_add(METRIC_http_connections_refused,
                   status == STATUS_TOO_MANY_REQUESTS ? LABEL_rate_limit : LABEL_overload, 1);
        close(fd);
        return;
    }
    /* Closes it if it fails. */
    if (MHD_add_connection(acceptor->daemons[turn % acceptor->daemon_count], fd, peer, size) !=
        MHD_YES)
        connection_dismiss(acceptor->connections, peer);
}

static void *accept_all(void *argument)
{
    struct acceptor *acceptor = argument;
    for (size_t turn = 0; !atomic_load(&acceptor->stopping);) {
        struct sockaddr_storage address;
        socklen_t size = sizeof address;
        int fd =
            accept4(acceptor->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            deal(acceptor, turn++, fd, (struct sockaddr *)&address, size);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            wait_for_resources(errno);
        }
    }
    return NULL;
}

enum status acceptor_start(struct acceptor *acceptor, const char *address,
                           struct MHD_Daemon *const daemons[], size_t daemon_count,
                           struct connections *connections)
{
    assert(daemon_count > 0);
    *acceptor = (struct acceptor){
        .daemons = daemons, .daemon_count = daemon_count, .connections = connections};
    if (listen_open(address, &acceptor->fd) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    acceptor->port = port_of(acceptor->fd);
    if (pthread_create(&acceptor->thread, NULL, accept_all, acceptor) == 0)
        return STATUS_OK;
    close(acceptor->fd);
    return STATUS_UNAVAILABLE;
}

void acceptor_stop(struct acceptor *acceptor)
{
    bool was_stopping = atomic_exchange(&acceptor->stopping, true);
    assert(!was_stopping);
    shutdown(acceptor->fd, SHUT_RDWR); /* wakes accept4 */
    pthread_join(acceptor->thread, NULL);
    close(acceptor->fd);
}
