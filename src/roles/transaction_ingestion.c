/* SPDX-License-Identifier: Apache-2.0
 *
 * Role transaction-ingestion: POST /v1/transactions → transactions on the bus. People report their
 * own transactions only. Nothing here waits: the bus's callback ends the exchange.
 */
#include <stdio.h>

#include "base/json_put.h"
#include "roles/ingestion.h"
#include "wire/transaction_json.h"

static void answer_write(const struct transaction_event *event, struct buf *json)
{
    char user_id[UUID_TEXT_SIZE];
    uuid_format(&event->user_id, user_id);
    json_put_open(json, '{');
    json_put_key(json, "status");
    json_put_text(json, "event received");
    json_put_key(json, "userId");
    json_put_text(json, user_id);
    json_put_close(json, '}');
}

/* Publishes a transaction that is in order. */
static void forward(struct role_context *context, struct exchange *exchange,
                    struct transaction_event *event)
{
    char message_id[MESSAGE_ID_SIZE];
    ingestion_message_id(context, event->transaction_id, &event->key, &event->content,
                         event->received_at_us, message_id);
    snprintf(event->trace_id, sizeof event->trace_id, "%s", exchange->request.request_id);
    struct buf payload;
    buf_init(&payload, INGESTION_PAYLOAD_MAX);
    transaction_encode(event, &payload);
    if (payload.overflowed) {
        ingestion_unavailable(&exchange->response);
        exchange_done(exchange);
    } else {
        struct bus_message message =
            ingestion_message(STREAM_TRANSACTIONS, &exchange->request, &payload, message_id);
        answer_write(event, &exchange->response.body);
        ingestion_publish(context, exchange, &message);
    }
    buf_free(&payload);
}

static void transaction_receive(struct role_context *context, struct exchange *exchange)
{
    struct event_origin origin = {.stream = STREAM_TRANSACTIONS,
                                  .published_us = clock_now_us(context->clock)};
    struct transaction_event event;
    struct field_errors errors;
    char reason[REASON_MAX + 1];
    enum status status = transaction_decode(
        exchange->request.body, &origin, context->settings->raw_life_us, &event, &errors, reason);
    if (status != STATUS_OK) {
        ingestion_refuse(&exchange->response, status, &errors, reason);
        exchange_done(exchange);
    } else if (!uuid_equal(&event.user_id, &exchange->request.principal.user_id)) {
        response_error(&exchange->response, STATUS_FORBIDDEN, "Not allowed for this user.");
        exchange_done(exchange);
    } else {
        forward(context, exchange, &event);
    }
}

static const char request_schema[] =
    "{\"type\":\"object\",\"required\":[\"userId\",\"amount\"],\"properties\":{"
    "\"userId\":{\"type\":\"string\",\"format\":\"uuid\"},"
    "\"amount\":{\"type\":\"number\",\"minimum\":0.01,\"maximum\":99999999.99},"
    "\"currency\":{\"type\":\"string\",\"pattern\":\"^[A-Za-z]{3}$\"},"
    "\"direction\":{\"enum\":[\"in\",\"out\"],\"default\":\"out\"},"
    "\"category\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"occurredAt\":{\"type\":\"string\",\"format\":\"date-time\","
    "\"description\":\"Now, if it is left out.\"},"
    "\"transactionId\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,"
    "\"description\":\"The transaction counts once under this id, however often it is sent.\"}}}";

static const char response_schema[] =
    "{\"type\":\"object\",\"required\":[\"status\",\"userId\"],\"properties\":{"
    "\"status\":{\"const\":\"event received\"},"
    "\"userId\":{\"type\":\"string\",\"format\":\"uuid\"}}}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/transactions",
        .auth = AUTH_USER,
        .kind = ENDPOINT_ASYNC,
        .handle = transaction_receive,
        .summary = "Take one transaction of the person who asks.",
        .request_schema = request_schema,
        .success = 202,
        .response_schema = response_schema,
        .errors = "403 503",
    },
};

const struct role role_transaction_ingestion = {
    .name = "transaction-ingestion",
    .summary = "takes transactions over HTTP and puts them on the bus",
    .uses = USES_BUS,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
