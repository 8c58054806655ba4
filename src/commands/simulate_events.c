/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/simulate.h"

#include <assert.h>
#include <stdio.h>

#include "commands/report.h"
#include "wire/emotion_json.h"
#include "wire/transaction_json.h"

enum {
    PAYLOAD_MAX = 1024,
    BATCH_LINES = 500,
    UNCONFIRMED_MAX = 4096, /* of one thread */
    FLUSH_WAIT_US = 10000
};

void event_sender_init(struct event_sender *sender, struct client *client, const char *internal_key,
                       struct bus *bus, struct event_totals *totals)
{
    *sender = (struct event_sender){
        .client = client, .internal_key = internal_key, .bus = bus, .totals = totals};
    buf_init(&sender->batch, HTTP_BATCH_BODY_MAX);
}

void event_sender_free(struct event_sender *sender)
{
    buf_free(&sender->batch);
}

static void payload_write(const struct account *account, const struct simulated_event *event,
                          const char *id, struct buf *json)
{
    struct uuid user_id = {0};
    (void)!uuid_parse(account->user_id, strlen(account->user_id), &user_id);
    if (event->is_payment) {
        struct transaction_event payment = {
            .user_id = user_id,
            .occurred_at_us = event->at_us,
            .amount_cents = event->amount_cents,
            .direction = event->is_income ? TRANSACTION_IN : TRANSACTION_OUT,
            .currency = "EUR",
        };
        snprintf(payment.category, sizeof payment.category, "%s", event->category);
        snprintf(payment.transaction_id, sizeof payment.transaction_id, "%s", id);
        transaction_encode(&payment, json);
    } else {
        struct emotion_event feeling = {
            .user_id = user_id,
            .occurred_at_us = event->at_us,
            .positivity = event->positivity,
            .intensity = event->intensity,
            .stress = event->stress,
        };
        snprintf(feeling.type, sizeof feeling.type, "%s", event->feeling);
        snprintf(feeling.event_id, sizeof feeling.event_id, "%s", id);
        emotion_encode(&feeling, json);
    }
}

/* Once: the first tells what is wrong, and all are counted. */
static void refusal_tell(struct event_sender *sender, const char *what, int status,
                         const json_t *answer)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));
    if (status != 0 && atomic_load(&sender->totals->refused) == 0)
        report_line("%s is refused: %d %s", what, status, detail == NULL ? "" : detail);
}

static enum status batch_send(struct event_sender *sender)
{
    json_t *answer;
    if (sender->batch_lines == 0)
        return STATUS_OK;
    int status = client_send(sender->client,
                             &(struct client_request){.path = "/v1/emotions/stream",
                                                      .body = buf_slice(&sender->batch),
                                                      .batch = true,
                                                      .internal_key = sender->internal_key},
                             &answer);
    int64_t accepted = json_integer_value(json_object_get(answer, "accepted"));
    if (status != 202)
        refusal_tell(sender, "a batch of feelings", status, answer);
    json_decref(answer);
    if (status == 0)
        return STATUS_TIMED_OUT;
    atomic_fetch_add(&sender->totals->feelings, accepted);
    atomic_fetch_add(&sender->totals->refused, sender->batch_lines - accepted);
    sender->batch_lines = 0;
    buf_clear(&sender->batch);
    return STATUS_OK;
}

static enum status payment_send(struct event_sender *sender, struct account *account,
                                struct slice payload)
{
    json_t *answer;
    int status =
        account_send(account, sender->client,
                     (struct client_request){.path = "/v1/transactions", .body = payload}, &answer);
    if (status != 202)
        refusal_tell(sender, "a payment", status, answer);
    json_decref(answer);
    if (status == 0)
        return STATUS_TIMED_OUT;
    atomic_fetch_add(status == 202 ? &sender->totals->payments : &sender->totals->refused, 1);
    return STATUS_OK;
}

static void confirm(struct event_sender *sender, _Atomic int64_t *stored, enum status status)
{
    atomic_fetch_add(status == STATUS_OK ? stored : &sender->totals->lost, 1);
    int64_t waiting = atomic_fetch_sub(&sender->unconfirmed, 1);
    assert(waiting > 0); /* each message is confirmed once */
}

static void feeling_confirmed(void *context, enum status status)
{
    struct event_sender *sender = context;
    confirm(sender, &sender->totals->feelings, status);
}

static void payment_confirmed(void *context, enum status status)
{
    struct event_sender *sender = context;
    confirm(sender, &sender->totals->payments, status);
}

/* Drives the bus until at most `left` messages wait. It confirms each, or gives it up. */
static enum status bus_wait(struct event_sender *sender, int64_t left)
{
    while (atomic_load(&sender->unconfirmed) > left)
        if (bus_flush(sender->bus, FLUSH_WAIT_US) != STATUS_OK)
            return STATUS_UNAVAILABLE;
    return STATUS_OK;
}

static enum status bus_send(struct event_sender *sender, const struct simulated_event *event,
                            struct slice payload, const char *id)
{
    struct bus_message message = {
        .stream = event->is_payment ? STREAM_TRANSACTIONS : STREAM_EMOTIONS,
        .payload = payload,
        .message_id = slice_of(id),
    };
    atomic_fetch_add(&sender->unconfirmed, 1);
    bus_publish(sender->bus, &message, event->is_payment ? payment_confirmed : feeling_confirmed,
                sender);
    return bus_wait(sender, UNCONFIRMED_MAX);
}

enum status event_sender_send(struct event_sender *sender, struct account *account,
                              const struct simulated_event *event, const char *id)
{
    struct buf payload;
    enum status status = STATUS_OK;
    buf_init(&payload, PAYLOAD_MAX);
    payload_write(account, event, id, &payload);
    if (sender->bus != NULL) {
        status = bus_send(sender, event, buf_slice(&payload), id);
    } else if (event->is_payment) {
        status = payment_send(sender, account, buf_slice(&payload));
    } else {
        buf_append(&sender->batch, payload.data, payload.size);
        buf_text(&sender->batch, "\n");
        if (++sender->batch_lines == BATCH_LINES)
            status = batch_send(sender);
        assert(sender->batch_lines <= BATCH_LINES || status != STATUS_OK);
    }
    buf_free(&payload);
    return status;
}

enum status event_sender_flush(struct event_sender *sender)
{
    return sender->bus != NULL ? bus_wait(sender, 0) : batch_send(sender);
}
