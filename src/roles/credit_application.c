/* SPDX-License-Identifier: Apache-2.0
 *
 * Role credit-application: accepted offers on the bus → active credit lines, each with a
 * notification that is written in the same transaction and published from the outbox. An acceptance
 * that was lost with its stream is found in the database: no accepted offer stays as it is.
 */
#include <assert.h>
#include <stdio.h>

#include "domain/batch_size.h"
#include "process/log.h"
#include "process/metrics.h"
#include "roles/message_span.h"
#include "roles/outbox.h"
#include "store/messages.h"
#include "store/offers.h"
#include "wire/credit_json.h"

enum {
    BATCH_MAX = 256,
    NOTIFICATION_MAX = 512,
    WAITING_PERIOD_US = 5000000,
    WAITING_US = 10000000 /* since the acceptance: its message should long have come */
};

/* The scratch of the step. */
struct acceptance_batch {
    struct bus_message messages[BATCH_MAX];
    enum outcome outcomes[BATCH_MAX];
    char reasons[BATCH_MAX][REASON_MAX + 1];
    struct batch_size size;
};

/* Ends a message as status.def has it for what its handling came to. */
static void conclude(struct acceptance_batch *batch, size_t place, enum status status,
                     const char *reason)
{
    struct bus_message *message = &batch->messages[place];
    char request_id[TRACE_ID_MAX + 1];
    assert(place < BATCH_MAX && batch->outcomes[place] == OUTCOME_RETRY);
    batch->outcomes[place] = status_outcome(status);
    if (batch->outcomes[place] != OUTCOME_REJECT)
        return;
    snprintf(batch->reasons[place], sizeof batch->reasons[place], "%s", reason);
    message->reason = slice_of(batch->reasons[place]);
    slice_text(message->request_id, request_id, sizeof request_id);
    log_seldom(LOG_WARN, batch->reasons[place], "acceptance refused",
               LOG_TEXT("request_id", request_id),
               LOG_INTEGER("sequence", (int64_t)message->sequence),
               LOG_TEXT("reason", batch->reasons[place]));
}

static void note_active(const struct bus_message *message, const struct uuid *offer_id)
{
    char request_id[TRACE_ID_MAX + 1], id[UUID_TEXT_SIZE];
    slice_text(message->request_id, request_id, sizeof request_id);
    uuid_format(offer_id, id);
    log_info("credit line activated", LOG_TEXT("request_id", request_id),
             LOG_INTEGER("sequence", (int64_t)message->sequence), LOG_TEXT("offer_id", id));
}

/* Of an offer that was accepted in the request of `message`. `traceparent`: of the span that causes
 * the notification. */
static enum status activate(struct role_context *context, const struct bus_message *message,
                            const struct uuid *user_id, const struct uuid *offer_id,
                            struct slice traceparent)
{
    int64_t now_us = clock_now_us(context->clock);
    struct notification notification = {
        .user_id = *user_id,
        .offer_id = *offer_id,
        .type = "CREDIT_LIMIT_APPLIED",
        .title = "Credit Limit Active!",
        .message = "Your new credit limit is now available for use.",
        .created_at_us = now_us,
    };
    struct outbox_row row;
    struct buf payload;
    bool changed = false;
    buf_init(&payload, NOTIFICATION_MAX);
    credit_notification_event_encode(&notification, &payload);
    enum status status =
        outbox_row_make(&row, STREAM_NOTIFICATIONS, message->request_id, traceparent, &payload);
    buf_free(&payload);
    if (status == STATUS_OK)
        status = store_offer_activate(context->store, offer_id, user_id, now_us, &notification,
                                      &row, &changed);
    if (status == STATUS_OK && changed) {
        metric_add(METRIC_offers_activated, LABEL_NONE, 1);
        metric_add(METRIC_events_counted, LABEL_credits, 1);
        metric_add(METRIC_notifications, LABEL_NONE, 1);
        note_active(message, offer_id);
    }
    return status;
}

/* Sets the message's outcome. Not OK: the store failed, which is never the acceptance's fault: its
 * outcome stays as it is, so that it comes again until the store is mended. */
static enum status handle(struct role_context *context, struct acceptance_batch *batch,
                          size_t place, const struct span *span)
{
    const struct bus_message *message = &batch->messages[place];
    struct credit_accepted accepted;
    struct refusal refusal;
    if (credit_accepted_decode(message->payload, &accepted, &refusal) != STATUS_OK) {
        conclude(batch, place, refusal.status, refusal.reason);
        return STATUS_OK;
    }
    enum status status = activate(context, message, &accepted.user_id, &accepted.offer_id,
                                  slice_of(span->traceparent));
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    conclude(batch, place, status, "no accepted offer of this id and user");
    return STATUS_OK;
}

/* One that the store fails on stops no other, unless the store cannot be asked at all. */
static enum status handle_all(struct role_context *context, struct acceptance_batch *batch,
                              size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count; i++)
        batch->outcomes[i] = OUTCOME_RETRY;
    for (size_t i = 0; i < count && !role_is_cut_off(status); i++) {
        struct span span;
        message_span_begin(&span, context, SPAN_CONSUMER, &batch->messages[i]);
        enum status handled = handle(context, batch, i, &span);
        status = handled != STATUS_OK ? handled : status;
        message_span_end(&span, context, batch->outcomes[i] != OUTCOME_DONE);
        if (batch->outcomes[i] == OUTCOME_REJECT)
            metric_add(METRIC_events_rejected, LABEL_credits, 1);
    }
    return status;
}

static enum status step(struct role_context *context, struct bus_consumer *consumer,
                        int64_t wait_us, size_t *ended)
{
    struct acceptance_batch *batch = context->scratch;
    size_t count;
    *ended = 0;
    enum status status = bus_fetch(consumer, batch->messages,
                                   batch_size_next(&batch->size, BATCH_MAX), wait_us, &count);
    if (status != STATUS_OK || count == 0)
        return status;
    assert(count <= BATCH_MAX);
    int64_t started_us = clock_monotonic_us(context->clock);
    status = handle_all(context, batch, count);
    batch_size_note(&batch->size, count, status == STATUS_OK,
                    clock_monotonic_us(context->clock) - started_us);
    enum status settled = bus_settle(consumer, batch->messages, batch->outcomes, count);
    if (settled == STATUS_OK)
        *ended = bus_ended(batch->outcomes, count);
    return status != STATUS_OK ? status : settled;
}

static const struct consumer_step consumer = {
    .stream = STREAM_CREDITS,
    .scratch_size = sizeof(struct acceptance_batch),
    .step = step,
};

/* In the name of the offer, for the request is not known any more. */
static enum status waiting_activate(struct role_context *context)
{
    struct offer *offers = context->scratch;
    size_t count;
    int64_t before_us = clock_now_us(context->clock) - WAITING_US;
    enum status status = store_offers_waiting(context->store, before_us, offers, BATCH_MAX, &count);
    assert(count <= BATCH_MAX);
    for (size_t i = 0; i < count && !role_is_cut_off(status); i++) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&offers[i].id, id);
        struct bus_message message = {.stream = STREAM_CREDITS, .request_id = slice_of(id)};
        enum status activated =
            activate(context, &message, &offers[i].user_id, &offers[i].id, slice_of(""));
        status = activated != STATUS_OK ? activated : status;
    }
    return status;
}

static const struct tick_step ticks[] = {
    {"acceptances", WAITING_PERIOD_US, BATCH_MAX * sizeof(struct offer), waiting_activate},
    {"outbox", OUTBOX_PERIOD_US, sizeof(struct outbox_batch), outbox_relay},
};

const struct role role_credit_application = {
    .name = "credit-application",
    .summary = "activates accepted offers and tells their people",
    .uses = USES_BUS | USES_STORE,
    .consumer = &consumer,
    .ticks = ticks,
    .tick_count = sizeof ticks / sizeof ticks[0],
};
