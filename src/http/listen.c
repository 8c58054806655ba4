/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

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

enum status listen_open(const char *address, int *fd, int *port)
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
    else
        *port = port_of(*fd);
    freeaddrinfo(found);
    return *fd < 0 ? STATUS_UNAVAILABLE : STATUS_OK;
}
