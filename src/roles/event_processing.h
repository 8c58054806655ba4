/* SPDX-License-Identifier: Apache-2.0
 *
 * Roles emotion-processing and transaction-processing: events on the bus → raw rows and tiles in
 * the store. Both streams alike: decode each event of a batch, apply all in one transaction, forget
 * the cached features of the people concerned, settle.
 *
 * The order is what makes every event count exactly once: messages are settled only after the
 * commit, and a message delivered again finds its key in the store. Correctness does not rest on
 * the cache: features carry the version that the transaction moved on.
 *
 * What goes wrong with the store is the store's fault until it is shown that it takes other events:
 * a missing table or permission moves nothing to the dead letters. The step fails, and is repeated.
 */
#ifndef ECS_ROLES_EVENT_PROCESSING_H
#define ECS_ROLES_EVENT_PROCESSING_H

#include "domain/batch_size.h"
#include "domain/event.h"
#include "ports/bus.h"
#include "process/metrics.h"
#include "roles/rates.h"
#include "roles/role.h"
#include "wire/fields.h"

enum { CACHE_KEYS_MAX = 256, CACHE_KEY_SIZE = 64 }; /* forgotten in one round trip */

struct store;

/* The scratch of a step. Event i of a batch came with message `places[i]`. */
struct event_batch {
    struct bus_message messages[BUS_BATCH_MAX];
    enum outcome outcomes[BUS_BATCH_MAX];        /* of messages */
    char reasons[BUS_BATCH_MAX][REASON_MAX + 1]; /* of messages that are refused */
    size_t message_count;
    size_t places[BUS_BATCH_MAX];
    enum event_result results[BUS_BATCH_MAX]; /* of events */
    struct uuid users[BUS_BATCH_MAX];         /* of events; later those to be forgotten */
    size_t event_count;
    struct {
        size_t event;
        enum status status;
    } suspects[BUS_BATCH_MAX]; /* events that the store failed on, each for itself */
    size_t suspect_count;
    size_t counted;  /* of this batch, for the first time */
    size_t failures; /* of the store in a row */
    struct letter_rates letters;
    struct batch_size size;
    int64_t timed_since_us; /* see store_positions_timed_since */
    bool timed_known;
    int64_t now_us;     /* of the step, monotonic */
    int64_t counted_us; /* when the store last counted an event, monotonic; 0: not yet */
    union {
        struct emotion_event emotions[BUS_BATCH_MAX];
        struct transaction_event transactions[BUS_BATCH_MAX];
    } events;
    char cache_keys[CACHE_KEYS_MAX][CACHE_KEY_SIZE];
};

/* What differs between the streams. */
struct event_kind {
    enum metric_label label;
    /* Decodes a payload into event `place` of the batch, and its user. */
    enum status (*decode)(struct event_batch *batch, size_t place, struct slice payload,
                          const struct event_origin *origin, const struct role_settings *settings,
                          struct refusal *refusal);
    /* Applies `count` events from `first` on in one transaction, and sets their results. */
    enum status (*apply)(struct store *store, struct event_batch *batch, size_t first,
                         size_t count);
};

/* A consumer_step for one kind; context->scratch is a struct event_batch. */
MUST_CHECK enum status event_processing_step(const struct event_kind *kind,
                                             struct role_context *context,
                                             struct bus_consumer *consumer, int64_t wait_us,
                                             size_t *ended);

#endif
