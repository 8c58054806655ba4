/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: events, each counted once; and before that, whether an event's id or the
 * Idempotency-Key of its request was used already.
 */
#ifndef ECS_STORE_EVENTS_H
#define ECS_STORE_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"
#include "domain/event.h"

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

/* From when on the time at which a stream stored an event belongs to its place (domain/event.h). */
MUST_CHECK enum status store_positions_timed_since(struct store *store, int64_t *since_us);
/* Counts each event once: new keys, and for those only raw rows, tile deltas and one more version
 * of the person's features, all in one transaction. A key twice in the batch counts once too.
 * `results[i]` tells what became of `events[i]`. */
MUST_CHECK enum status store_emotions_apply(struct store *store,
                                            const struct emotion_event events[], size_t count,
                                            enum event_result results[]);
MUST_CHECK enum status store_transactions_apply(struct store *store,
                                                const struct transaction_event events[],
                                                size_t count, enum event_result results[]);
/* Sets `conflicts` of up to BUS_BATCH_MAX events that are not counted yet. */
MUST_CHECK enum status store_ids_check(struct store *store, struct id_check checks[], size_t count);
/* Takes a key for events that are about to be put on the bus. OK: it is theirs, or was before.
 * CONFLICT: it was used for another request. TOO_MANY_REQUESTS: `owner`, a person, holds
 * IDEMPOTENCY_KEYS_MAX already. Producers have no owner, zero, and no such bound. */
MUST_CHECK enum status store_submission_claim(struct store *store, const struct uuid *owner,
                                              const struct idempotency *idempotency,
                                              int64_t now_us);

#endif
