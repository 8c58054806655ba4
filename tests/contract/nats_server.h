/* SPDX-License-Identifier: Apache-2.0
 *
 * A private nats-server with JetStream, for tests.
 */
#ifndef ECS_TESTS_NATS_SERVER_H
#define ECS_TESTS_NATS_SERVER_H

#include "private_server.h"

struct nats_server {
    struct private_server process;
    char url[64];
    char store[160];
};

/* `folder` keeps the streams; it must exist. */
void nats_server_start(struct nats_server *server, const char *folder);
/* Again after a stop: the same port, and the same streams. */
void nats_server_again(struct nats_server *server);
void nats_server_stop(struct nats_server *server, int signal);

#endif
