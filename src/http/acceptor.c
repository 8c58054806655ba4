/* SPDX-License-Identifier: Apache-2.0 */
#include "http/acceptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"
#include "base/steady.h"

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

enum status acceptor_start(struct acceptor *acceptor, int fd, struct MHD_Daemon *const daemons[],
                           size_t daemon_count, struct connections *connections)
{
    acceptor->fd = fd;
    acceptor->daemons = daemons;
    acceptor->daemon_count = daemon_count;
    acceptor->connections = connections;
    atomic_store(&acceptor->stopping, false);
    if (pthread_create(&acceptor->thread, NULL, accept_all, acceptor) == 0)
        return STATUS_OK;
    close(fd);
    return STATUS_UNAVAILABLE;
}

void acceptor_stop(struct acceptor *acceptor)
{
    atomic_store(&acceptor->stopping, true);
    shutdown(acceptor->fd, SHUT_RDWR); /* wakes accept4 */
    pthread_join(acceptor->thread, NULL);
    close(acceptor->fd);
}
