/* SPDX-License-Identifier: Apache-2.0
 *
 * What a request wanted to make when its COMMIT was not confirmed: it may stand or not. Whoever
 * sends the request again finds it, and gets what stands instead of a refusal. Kept in the cache,
 * so that any process may be asked, for LOST_COMMIT_LIFE_US; sealed, so that whoever can write to
 * the cache cannot make one. A cache that forgets costs a new login, nothing else.
 */
#ifndef ECS_ROLES_LOST_COMMIT_H
#define ECS_ROLES_LOST_COMMIT_H

#include "roles/role.h"

enum { LOST_COMMITS_MAX = 4 };

/* What repeated attempts at one request wanted to make, oldest first. */
struct lost_commit {
    struct hash request; /* sealed: tells nothing of the request */
    struct hash made[LOST_COMMITS_MAX];
    size_t count;
};

/* What is known of a request, which `request` tells from all others; count 0: nothing. */
struct lost_commit lost_commit_find(struct role_context *context, struct slice request);
/* One more COMMIT was not confirmed. The oldest makes room. */
void lost_commit_add(struct role_context *context, struct lost_commit *lost,
                     const struct hash *made);

#endif
