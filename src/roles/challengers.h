/* SPDX-License-Identifier: Apache-2.0
 *
 * Lets the challengers see what was decided, after it was decided, from the features that were
 * recorded. They cost no request any time, and never answer.
 */
#ifndef ECS_ROLES_CHALLENGERS_H
#define ECS_ROLES_CHALLENGERS_H

#include "roles/role.h"

enum { SHADOW_BATCH = 100 };

struct shadow_batch {
    struct decision decisions[SHADOW_BATCH];
    struct shadow_decision shadows[SHADOW_BATCH];
};

/* A tick_step: each challenger takes one batch. */
MUST_CHECK enum status challengers_score(struct role_context *context);

#endif
