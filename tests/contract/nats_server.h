/* SPDX-License-Identifier: Apache-2.0
 *
 * A private nats-server with JetStream on a free loopback port, for tests.
 */
#ifndef ECS_TESTS_NATS_SERVER_H
#define ECS_TESTS_NATS_SERVER_H

#include <sys/types.h>

struct nats_server {
    pid_t pid; /* 0: not running */
    int port;
    char url[64];
    char folder[128];
};

/* `folder` keeps the streams; it must exist. Returns when the server takes connections; ends the
 * test if it does not. Starting it again after a stop uses the same port and streams. */
void nats_server_start(struct nats_server *server, const char *folder);
void nats_server_again(struct nats_server *server);
void nats_server_stop(struct nats_server *server, int signal);

#endif
