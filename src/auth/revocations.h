/* SPDX-License-Identifier: Apache-2.0
 *
 * Whose tokens are revoked, as this process knows it: for each person who ever logged out, the
 * generation of tokens from which on they are good. Nothing is forgotten, so that it is exact; it
 * takes at most 96 bytes for each such person. The process that revokes knows at once, the others
 * within a second, from the store. Safe from any thread.
 */
#ifndef ECS_AUTH_REVOCATIONS_H
#define ECS_AUTH_REVOCATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ports/endpoint.h"

struct revocations;
struct store;

struct revocations *revocations_create(void); /* NULL: out of memory */
void revocations_destroy(struct revocations *revocations);
/* Revokes the person's tokens of all generations before this one; one that is known already
 * changes nothing. UNAVAILABLE: out of memory. */
MUST_CHECK enum status revocations_add(struct revocations *revocations, const struct uuid *user_id,
                                       int64_t generation);
/* Adds what is new in the store since the last time. One thread at a time. UNAVAILABLE: not all
 * could be read; the next call tries again. */
MUST_CHECK enum status revocations_refresh(struct revocations *revocations, struct store *store);
/* True if the principal's token is revoked. */
bool revocations_contain(const struct revocations *revocations, const struct principal *principal);

#endif
