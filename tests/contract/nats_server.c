/* SPDX-License-Identifier: Apache-2.0 */
#include "nats_server.h"

#include <stdio.h>
#include <string.h>

void nats_server_start(struct nats_server *server, const char *folder)
{
    private_server_init(&server->process);
    snprintf(server->url, sizeof server->url, "nats://127.0.0.1:%d", server->process.port);
    snprintf(server->store, sizeof server->store, "%s/jetstream", folder);
    char *const command[] = {
        "/usr/sbin/nats-server", "-a", "127.0.0.1", "-p", server->process.port_text, "-js", "-sd",
        server->store,           NULL};
    memcpy(server->process.command, command, sizeof command);
    nats_server_again(server);
}

void nats_server_again(struct nats_server *server)
{
    private_server_start(&server->process);
}

void nats_server_stop(struct nats_server *server, int signal)
{
    private_server_stop(&server->process, signal);
}
