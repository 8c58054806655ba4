/* SPDX-License-Identifier: Apache-2.0
 *
 * What `ecs simulate` is made of. HTTP as a person's app or a producer of events speaks it. People
 * with their accounts: they register, log in, ask for credit, look at the offer, accept it or not,
 * and wait to be told that their line is active. Their events on the way: feelings in batches over
 * HTTP, payments one by one with their person's token; or both to the bus, as a producer without
 * HTTP does.
 */
#ifndef ECS_COMMANDS_SIMULATE_H
#define ECS_COMMANDS_SIMULATE_H

#include <jansson.h>
#include <stdatomic.h>

#include "base/buf.h"
#include "base/status.h"
#include "base/uuid.h"
#include "ports/bus.h"
#include "simulation/population.h"

/* HTTP ------------------------------------------------------------------------------------- */

/* One request at a time on a connection that is kept. What fails for a while (no answer, 429, 503)
 * is sent again until it is answered or the simulation ends: every request here may be repeated.
 * One thread at a time. */
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

/* People ----------------------------------------------------------------------------------- */

enum { ACCESS_TOKEN_MAX = 1024 };

struct account {
    struct simulated_person person;
    uint32_t number;
    uint64_t seed;
    char user_id[UUID_TEXT_SIZE];
    char token[ACCESS_TOKEN_MAX + 1];
};

/* Registers the person, or finds them registered by an earlier run, and logs them in. Not OK:
 * refused, with the reason told, or stopped. */
MUST_CHECK enum status account_open(struct account *account, struct client *client, uint64_t seed,
                                    uint32_t number);

/* client_send() with the person's token, renewed by a login if it has expired. */
int account_send(struct account *account, struct client *client, struct client_request request,
                 json_t **answer);

enum { CREDIT_WAITING_MAX = 64 };

struct credit_desk {
    struct client *client;
    int64_t approved;
    int64_t denied;
    int64_t accepted;
    int64_t active;
    struct account *waiting[CREDIT_WAITING_MAX]; /* accepted, not yet told */
    int64_t told_before[CREDIT_WAITING_MAX];     /* their last notification until then */
    int waiting_count;
};

/* One person asks, and accepts if `accepts`. Not OK: stopped; so is the next. */
MUST_CHECK enum status credit_desk_ask(struct credit_desk *desk, struct account *account,
                                       bool accepts);
/* Shows what those who accepted have been told meanwhile. */
MUST_CHECK enum status credit_desk_listen(struct credit_desk *desk);

/* Events ----------------------------------------------------------------------------------- */

/* Counted by all threads. */
struct event_totals {
    _Atomic int64_t feelings; /* accepted; so is the next */
    _Atomic int64_t payments;
    _Atomic int64_t refused;
    _Atomic int64_t lost; /* the bus did not confirm them */
};

/* Of one thread. */
struct event_sender {
    struct client *client;
    const char *internal_key;
    struct bus *bus; /* NULL: over HTTP */
    struct event_totals *totals;
    struct buf batch; /* feelings that wait to be sent, one to a line */
    int64_t batch_lines;
    _Atomic int64_t unconfirmed; /* of the bus */
};

void event_sender_init(struct event_sender *sender, struct client *client, const char *internal_key,
                       struct bus *bus, struct event_totals *totals);
void event_sender_free(struct event_sender *sender);

/* Sends the event, or puts it into the batch. `id` is its event id. Not OK: stopped. */
MUST_CHECK enum status event_sender_send(struct event_sender *sender, struct account *account,
                                         const struct simulated_event *event, const char *id);
/* Sends what waits, and waits for what the bus has not confirmed. */
MUST_CHECK enum status event_sender_flush(struct event_sender *sender);

#endif
