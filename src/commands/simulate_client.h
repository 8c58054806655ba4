/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP as an app of a person, or a producer of events, speaks it: one request at a time on a
 * connection that is kept. What fails for a while (no answer, 429, 503) is sent again until it
 * is answered or the simulation ends: every request here may be repeated. One thread at a time.
 */
#ifndef ECS_COMMANDS_SIMULATE_CLIENT_H
#define ECS_COMMANDS_SIMULATE_CLIENT_H

#include <jansson.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/slice.h"
#include "base/status.h"

struct client;

struct client_request {
    const char *path;
    struct slice body;        /* empty: GET, unless `post` */
    bool post;                /* POST although there is no body */
    bool batch;               /* NDJSON */
    const char *token;        /* of a person; or NULL */
    const char *internal_key; /* of a producer; or NULL */
};

/* `stop` set ends every wait. INTERNAL: out of memory. */
MUST_CHECK enum status client_open(const char *url, const atomic_bool *stop,
                                   struct client **client);
void client_close(struct client *client);
/* Asks for `path` once, on a client that has sent nothing else. True if anything answered: `*text`
 * is the body, until the next call. */
bool client_get(struct client *client, const char *path, struct slice *text);
/* The HTTP status; 0 if it was stopped before an answer. `*answer` is the JSON of it, owned by the
 * caller, or NULL. */
int client_send(struct client *client, const struct client_request *request, json_t **answer);

#endif
