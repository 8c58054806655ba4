/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated people with their accounts: registered, logged in, and what their app does for them.
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

#endif
