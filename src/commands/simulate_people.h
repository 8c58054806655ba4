/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated people with their accounts: registered, logged in, and what their app does for them.
 * They ask for credit, look at the offer, accept it or not, and wait to be told that their line is
 * active.
 */
#ifndef ECS_COMMANDS_SIMULATE_PEOPLE_H
#define ECS_COMMANDS_SIMULATE_PEOPLE_H

#include "base/uuid.h"
#include "commands/simulate_client.h"
#include "limits.h"
#include "simulation/population.h"

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

#endif
