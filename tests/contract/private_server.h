/* SPDX-License-Identifier: Apache-2.0
 *
 * A server of a test's own, on a free loopback port.
 */
#ifndef ECS_TESTS_PRIVATE_SERVER_H
#define ECS_TESTS_PRIVATE_SERVER_H

#include <sys/types.h>

enum { PRIVATE_SERVER_ARGUMENTS_MAX = 16 };

struct private_server {
    pid_t pid; /* 0: not running */
    int port;
    char port_text[16];
    char *command[PRIVATE_SERVER_ARGUMENTS_MAX];
};

/* Chooses the port; then the command is filled in, ended by NULL. */
void private_server_init(struct private_server *server);
/* Returns when it takes connections; ends the test if it does not. After a stop it has the same
 * port again. */
void private_server_start(struct private_server *server);
void private_server_stop(struct private_server *server, int signal);

#endif
