/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated people ask for credit, look at the offer, accept it or not, and wait to be told that
 * their line is active.
 */
#ifndef ECS_COMMANDS_SIMULATE_CREDIT_H
#define ECS_COMMANDS_SIMULATE_CREDIT_H

#include "commands/simulate_people.h"

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
MUST_CHECK enum status credit_ask(struct credit_desk *desk, struct account *account, bool accepts);
/* Shows what those who accepted have been told meanwhile. */
MUST_CHECK enum status credit_listen(struct credit_desk *desk);

#endif
