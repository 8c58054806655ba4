/* SPDX-License-Identifier: Apache-2.0
 *
 * Role transaction-processing: transactions on the bus → raw rows and daily tiles.
 */
#include "roles/event_processing.h"
#include "store/events.h"
#include "wire/transaction_json.h"

static enum status decode(struct event_batch *batch, size_t place, struct slice payload,
                          const struct event_origin *origin, const struct role_settings *settings,
                          struct field_errors *errors, char reason[REASON_MAX + 1])
{
    struct transaction_event *event = &batch->events.transactions[place];
    const struct transaction_rules rules = {.oldest_us = settings->raw_life_us,
                                            .currency = settings->currency};
    enum status status = transaction_decode(payload, origin, &rules, event, errors, reason);
    batch->users[place] = event->user_id;
    return status;
}

static enum status apply(struct store *store, struct event_batch *batch, size_t first, size_t count)
{
    return store_transactions_apply(store, batch->events.transactions + first, count,
                                    batch->results + first);
}

static enum status step(struct role_context *context, struct bus_consumer *consumer,
                        int64_t wait_us, size_t *handled)
{
    static const struct event_kind transactions = {LABEL_transactions, decode, apply};
    return event_processing_step(&transactions, context, consumer, wait_us, handled);
}

static const struct consumer_step consumer = {
    .stream = STREAM_TRANSACTIONS,
    .scratch_size = sizeof(struct event_batch),
    .step = step,
};

const struct role role_transaction_processing = {
    .name = "transaction-processing",
    .summary = "counts transactions into raw rows and daily tiles",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .consumer = &consumer,
};
