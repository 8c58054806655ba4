/* SPDX-License-Identifier: Apache-2.0
 *
 * The access tokens revoked before their end, as this process knows them: a bounded set in memory,
 * filled at once by the process that revokes and within a second by the others, from the store.
 * Safe from any thread.
 */
#ifndef ECS_AUTH_REVOCATIONS_H
#define ECS_AUTH_REVOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

struct revocations;

struct revocations *revocations_create(void); /* NULL: out of memory */
void revocations_destroy(struct revocations *revocations);
/* Forgets tokens that ended before `now_us` when it needs room. */
void revocations_add(struct revocations *revocations, const struct uuid *token_id,
                     int64_t expires_at_us, int64_t now_us);
bool revocations_contain(const struct revocations *revocations, const struct uuid *token_id);

#endif
