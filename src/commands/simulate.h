/* SPDX-License-Identifier: Apache-2.0
 *
 * What `ecs simulate` is made of. People with their accounts: they register, log in, ask for
 * credit, look at the offer, accept it or not, and wait to be told that their line is active. Their
 * events on the way: feelings in batches over HTTP, payments one by one with their person's token;
 * or both to the bus, as a producer without HTTP does.
 */
#ifndef ECS_COMMANDS_SIMULATE_H
#define ECS_COMMANDS_SIMULATE_H

#include "base/uuid.h"
#include "commands/client.h"
#include "ports/bus.h"
#include "simulation/population.h"

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
