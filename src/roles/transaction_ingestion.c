/* SPDX-License-Identifier: Apache-2.0
 *
 * Role transaction-ingestion: POST /v1/transactions → transactions on the bus. People report their
 * own, one at a time; producers those of everybody, one or a batch. Each keeps who reported it.
 */
#include <stdio.h>

#include "base/json_put.h"
#include "roles/ingestion.h"
#include "roles/transaction_judge.h"
#include "wire/transaction_json.h"

static enum status transaction_read(struct role_context *context, const struct request *request,
                                    struct slice document, struct submission *submission,
                                    struct buf *payload, struct field_errors *errors)
{
    const struct principal *who = &request->principal;
    struct event_origin origin = {.stream = STREAM_TRANSACTIONS,
                                  .published_us = request->received_us};
    struct transaction_rules rules = {.oldest_us = context->settings->raw_life_us,
                                      .source = who->is_producer ? SOURCE_CORE : SOURCE_SELF,
                                      .currency = context->settings->currency};
    struct transaction_event event;
    enum status status =
        transaction_decode(document, &origin, &rules, &event, errors, submission->reason);
    if (status != STATUS_OK)
        return status;
    if (!who->is_producer && !uuid_equal(&event.user_id, &who->user_id)) {
        snprintf(submission->reason, sizeof submission->reason, "Not allowed for this user.");
        return STATUS_FORBIDDEN;
    }
    snprintf(event.trace_id, sizeof event.trace_id, "%s", request->request_id);
    submission->user_id = event.user_id;
    submission->key = event.key;
    submission->content = event.content;
    submission->has_id = event.transaction_id[0] != '\0';
    submission_name(submission, context, request, STREAM_TRANSACTIONS);
    transaction_encode(&event, payload);
    return STATUS_OK;
}

static void transaction_answer(const struct request *request, const struct submission *submission,
                               struct buf *json)
{
    (void)request;
    json_put_open(json, NULL, '{');
    json_put_text(json, "status", "event received");
    json_put_uuid(json, "userId", &submission->user_id);
    json_put_close(json, '}');
}

static void transaction_receive(struct role_context *context, struct exchange *exchange)
{
    static const struct ingestion transactions = {.stream = STREAM_TRANSACTIONS,
                                                  .read = transaction_read,
                                                  .judge = transaction_judge,
                                                  .answer = transaction_answer};
    ingestion_receive(&transactions, context, exchange);
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
    "{\"oneOf\":[{\"type\":\"object\",\"required\":[\"status\",\"userId\"],\"properties\":{"
    "\"status\":{\"const\":\"event received\"},"
    "\"userId\":{\"type\":\"string\",\"format\":\"uuid\"}}}," INGESTION_BATCH_SCHEMA "]}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/transactions",
        .auth = AUTH_USER_OR_INTERNAL,
        .kind = ENDPOINT_ASYNC,
        .batch = true,
        .handle = transaction_receive,
        .summary = "Take a transaction: with a token one of the person who asks, with an internal "
                   "key one of anybody, or a batch of up to 1000, one to a line.",
        .request_schema = request_schema,
        .success = 202,
        .response_schema = response_schema,
        .errors = "403 409 503",
        .keyed = true,
    },
};

const struct role role_transaction_ingestion = {
    .name = "transaction-ingestion",
    .summary = "takes transactions over HTTP and puts them on the bus",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .without_store = true,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
