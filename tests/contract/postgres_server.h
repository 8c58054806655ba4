/* SPDX-License-Identifier: Apache-2.0
 *
 * A private PostgreSQL, for tests: reached by a socket in its own folder, so that nobody else
 * finds it. It refuses to run as root; then it runs as the account postgres.
 */
#ifndef ECS_TESTS_POSTGRES_SERVER_H
#define ECS_TESTS_POSTGRES_SERVER_H

#include <stddef.h>
#include <sys/types.h>

struct postgres_server {
    pid_t pid; /* 0: not running */
    char folder[64];
};

/* Call them from the main thread: the server ends with the thread that started it. Each returns
 * when the server does what it should, and ends the test if it does not. Started again after a
 * stop, it has the same data. */
void postgres_server_start(struct postgres_server *server);
void postgres_server_again(struct postgres_server *server);
/* SIGINT: in order. SIGQUIT: at once, as if it had died. */
void postgres_server_stop(struct postgres_server *server, int signal);
/* Stops it and removes its data. */
void postgres_server_end(struct postgres_server *server);
/* A connection string for one of its databases. */
void postgres_server_url(const struct postgres_server *server, const char *database, char *url,
                         size_t size);

#endif
