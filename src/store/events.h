/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: events, each counted once.
 */
#ifndef ECS_STORE_EVENTS_H
#define ECS_STORE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/event.h"

struct store;

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

#endif
