/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/ingestion.h"

#include <stdio.h>

void ingestion_message_id(struct role_context *context, const char *event_id,
                          const struct hash *key, const struct hash *content, int64_t now_us,
                          char message_id[MESSAGE_ID_SIZE])
{
    if (event_id[0] == '\0') {
        struct uuid uuid = entropy_uuid(context->entropy, now_us);
        uuid_format(&uuid, message_id);
        return;
    }
    struct hash id = hash_of((const struct slice[]){{(const char *)key->bytes, HASH_SIZE},
                                                    {(const char *)content->bytes, HASH_SIZE}},
                             2);
    hash_format(&id, message_id);
}

void submission_read(const struct ingestion *ingestion, struct role_context *context,
                     const struct request *request, struct slice document,
                     struct submission *submission, struct buf *payloads,
                     struct field_errors *errors)
{
    submission->payload_at = payloads->size;
    payloads->comma = false; /* each is a document of its own */
    submission->status = ingestion->read(context, request, document, submission, payloads, errors);
    submission->payload_size = payloads->size - submission->payload_at;
    if (submission->status == STATUS_OK && payloads->overflowed)
        submission->status = STATUS_UNAVAILABLE;
    if (submission->status != STATUS_OK && errors->count > 0)
        field_errors_reason(errors, submission->reason);
}

void submission_publish(const struct ingestion *ingestion, struct role_context *context,
                        struct exchange *exchange, const struct submission *submission,
                        const struct buf *payloads, bus_published *done)
{
    struct bus_message message = {
        .stream = ingestion->stream,
        .payload = {payloads->data + submission->payload_at, submission->payload_size},
        .message_id = slice_of(submission->message_id),
        .request_id = slice_of(exchange->request.request_id),
        .traceparent = slice_of(exchange->request.traceparent),
    };
    bus_publish(context->bus, &message, done, exchange);
}

void ingestion_unavailable(struct response *response)
{
    response_error(response, STATUS_UNAVAILABLE,
                   "Service unavailable. Could not connect to the messaging system.");
    response->retry_after_s = INGESTION_RETRY_AFTER_S;
}

static void published(void *context, enum status status)
{
    struct exchange *exchange = context;
    if (status != STATUS_OK)
        ingestion_unavailable(&exchange->response);
    exchange_done(exchange);
}

static void refuse(struct response *response, const struct submission *submission,
                   const struct field_errors *errors)
{
    if (submission->status == STATUS_UNAVAILABLE)
        ingestion_unavailable(response);
    else if (errors->count > 0)
        response_field_errors(response, errors);
    else
        response_error(response, submission->status, submission->reason);
}

static void receive_one(const struct ingestion *ingestion, struct role_context *context,
                        struct exchange *exchange)
{
    struct submission submission = {0};
    struct field_errors errors;
    struct buf payload;
    buf_init(&payload, INGESTION_PAYLOAD_MAX);
    submission_read(ingestion, context, &exchange->request, exchange->request.body, &submission,
                    &payload, &errors);
    if (submission.status == STATUS_OK) {
        exchange->response.http_status = status_http(STATUS_ACCEPTED);
        ingestion->answer(&exchange->request, &submission, &exchange->response.body);
        submission_publish(ingestion, context, exchange, &submission, &payload, published);
    } else {
        refuse(&exchange->response, &submission, &errors);
        exchange_done(exchange);
    }
    buf_free(&payload);
}

void ingestion_receive(const struct ingestion *ingestion, struct role_context *context,
                       struct exchange *exchange)
{
    if (exchange->request.is_batch)
        ingestion_receive_batch(ingestion, context, exchange);
    else
        receive_one(ingestion, context, exchange);
}
