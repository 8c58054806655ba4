/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what is known of requests and events before they are counted.
 */
#ifndef ECS_STORE_SUBMISSIONS_H
#define ECS_STORE_SUBMISSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"

struct store;

/* An Idempotency-Key as it came with a request: unique for a user, and for the kind of request. It
 * is known for IDEMPOTENCY_KEY_LIFE_US. */
struct idempotency {
    const char *key;     /* NULL: none came */
    struct hash request; /* of what was asked */
};

/* An event that came with an id, before it is counted. */
struct id_check {
    struct hash key;
    struct hash content;
    bool conflicts; /* the id was counted before, with other content */
};

/* Sets `conflicts` of up to BUS_BATCH_MAX events that are not counted yet. */
MUST_CHECK enum status store_ids_check(struct store *store, struct id_check checks[], size_t count);
/* Takes a key for events that are about to be put on the bus. OK: it is theirs, or was before.
 * CONFLICT: it was used for another request. TOO_MANY_REQUESTS: `owner`, a person, holds
 * IDEMPOTENCY_KEYS_MAX already. Producers have no owner, zero, and no such bound. */
MUST_CHECK enum status store_submission_claim(struct store *store, const struct uuid *owner,
                                              const struct idempotency *idempotency,
                                              int64_t now_us);

#endif
