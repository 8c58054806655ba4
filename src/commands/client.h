/* SPDX-License-Identifier: Apache-2.0
 *
 * HTTP as a person's app, a producer of events or an operator speaks it: one request at a time on a
 * connection that is kept. One thread at a time.
 */
#ifndef ECS_COMMANDS_CLIENT_H
#define ECS_COMMANDS_CLIENT_H

#include <jansson.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/status.h"

struct client;

enum { CLIENT_TIMEOUT_MS = 10000 }; /* of a request that may take its time */

struct client_request {
    const char *path;
    struct slice body;        /* empty: GET, unless `post` */
    bool post;                /* POST although there is no body */
    bool batch;               /* NDJSON */
    const char *token;        /* of a person; or NULL */
    const char *internal_key; /* of a producer; or NULL */
};

/* `url` must outlive it. `stop` set ends every wait of client_send. INTERNAL: out of memory. */
MUST_CHECK enum status client_open(const char *url, long timeout_ms, const atomic_bool *stop,
                                   struct client **client);
void client_close(struct client *client);
/* Asks for `path` once, on a client that has sent nothing else. The HTTP status; 0 if nothing
 * answered, and then client_fault says why. `*text` is the body, until the next call. */
long client_get(struct client *client, const char *path, struct slice *text);
const char *client_fault(const struct client *client);
/* What fails for a while (no answer, 429, 503) is sent again until it is answered or stopped: every
 * request here may be repeated. The HTTP status; 0 if it was stopped before an answer. `*answer` is
 * the JSON of it, owned by the caller, or NULL. */
int client_send(struct client *client, const struct client_request *request, json_t **answer);

#endif
