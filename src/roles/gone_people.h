/* SPDX-License-Identifier: Apache-2.0
 *
 * People who were deleted: what the database holds of them goes with them, by its triggers; what
 * the bus put aside of them, the dead letters, goes here.
 */
#ifndef ECS_ROLES_GONE_PEOPLE_H
#define ECS_ROLES_GONE_PEOPLE_H

#include "roles/role.h"
#include "store/people.h"

enum { GONE_PEOPLE_BATCH = 64, GONE_LETTERS_BATCH = 64 };

/* The scratch of the tick. */
struct gone_batch {
    struct gone_person people[GONE_PEOPLE_BATCH];
    struct bus_message letters[GONE_LETTERS_BATCH];
};

/* A tick_step: looks at some dead letters, and removes those that hold the id of somebody who is
 * gone. Events that were on their way are refused later, so each person is looked for until nothing
 * of theirs can be left on a stream. */
MUST_CHECK enum status gone_people_follow(struct role_context *context);

#endif
