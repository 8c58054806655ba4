/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/ingestion.h"

#include <stdio.h>

void submission_name(struct submission *submission, struct role_context *context,
                     const struct request *request, enum stream stream)
{
    const struct slice content = {(const char *)submission->content.bytes, HASH_SIZE};
    const struct slice who = {(const char *)request->principal.user_id.bytes, sizeof(struct uuid)};
    char line[24];
    struct hash id;
    snprintf(line, sizeof line, "%lld", (long long)submission->line);
    if (submission->has_id) {
        id = hash_of(
            (const struct slice[]){{(const char *)submission->key.bytes, HASH_SIZE}, content}, 2);
    } else if (request->idempotency_key.size > 0) {
        id = hash_of((const struct slice[]){slice_of("Idempotency-Key"),
                                            slice_of(stream_name(stream)), who,
                                            request->idempotency_key, slice_of(line), content},
                     6);
    } else {
        struct uuid uuid = entropy_uuid(context->entropy, request->received_us);
        uuid_format(&uuid, submission->message_id);
        return;
    }
    hash_format(&id, submission->message_id);
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

/* What people report with their own tokens is apart from what nameless producers send. */
static struct slice producer_of(const struct principal *principal)
{
    return slice_of(principal->is_producer ? principal->producer : "people");
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
        .producer = producer_of(&exchange->request.principal),
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

/* Whether something may be known of the event already. */
static bool is_judged(const struct ingestion *ingestion, const struct request *request,
                      const struct submission *submission)
{
    return ingestion->judge != NULL && submission->status == STATUS_OK &&
           (submission->has_id || request->idempotency_key.size > 0);
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
    bool judged = is_judged(ingestion, &exchange->request, &submission);
    if (judged && !exchange->may_block) {
        exchange_defer(exchange);
    } else if (judged && !ingestion->judge(context, exchange, &submission, 1)) {
        exchange_done(exchange);
    } else if (submission.status == STATUS_OK) {
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
