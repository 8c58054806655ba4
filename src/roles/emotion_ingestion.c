/* SPDX-License-Identifier: Apache-2.0
 *
 * Role emotion-ingestion: POST /v1/emotions/stream → emotion events on the bus. One event, or a
 * batch of up to HTTP_BATCH_LINES_MAX lines, each an event (application/x-ndjson). Nothing here
 * waits: the bus's callbacks end the exchange.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_put.h"
#include "roles/ingestion.h"
#include "wire/emotion_json.h"

enum { REJECTED_MAX = HTTP_BATCH_LINES_MAX * (2 * REASON_MAX + 64) };

/* Checks an event as the worker will, and writes its payload and message id. */
static enum status prepare(struct role_context *context, const struct request *request,
                           struct slice document, struct buf *payload,
                           char message_id[MESSAGE_ID_SIZE], struct field_errors *errors,
                           char reason[REASON_MAX + 1])
{
    int64_t now_us = clock_now_us(context->clock);
    struct event_origin origin = {.stream = STREAM_EMOTIONS, .published_us = now_us};
    struct emotion_event event;
    enum status status =
        emotion_decode(document, &origin, context->settings->raw_life_us, &event, errors, reason);
    if (status != STATUS_OK)
        return status;
    snprintf(event.trace_id, sizeof event.trace_id, "%s", request->request_id);
    ingestion_message_id(context, event.event_id, &event.key, &event.content, now_us, message_id);
    buf_clear(payload);
    emotion_encode(&event, payload);
    return payload->overflowed ? STATUS_UNAVAILABLE : STATUS_OK;
}

static void receive_one(struct role_context *context, struct exchange *exchange)
{
    struct field_errors errors;
    char reason[REASON_MAX + 1], message_id[MESSAGE_ID_SIZE];
    struct buf payload;
    buf_init(&payload, INGESTION_PAYLOAD_MAX);
    enum status status = prepare(context, &exchange->request, exchange->request.body, &payload,
                                 message_id, &errors, reason);
    if (status == STATUS_OK) {
        struct buf *json = &exchange->response.body;
        json_put_open(json, '{');
        json_put_key(json, "status");
        json_put_text(json, "event received");
        json_put_key(json, "traceId");
        json_put_text(json, exchange->request.request_id);
        json_put_close(json, '}');
        struct bus_message message =
            ingestion_message(STREAM_EMOTIONS, &exchange->request, &payload, message_id);
        ingestion_publish(context, exchange, &message);
    } else {
        if (status == STATUS_UNAVAILABLE)
            ingestion_unavailable(&exchange->response);
        else
            ingestion_refuse(&exchange->response, status, &errors, reason);
        exchange_done(exchange);
    }
    buf_free(&payload);
}

/* A batch under way: the exchange's scratch. Whoever takes `waiting` to 0 ends the exchange. */
struct batch {
    atomic_size_t waiting; /* confirmations to come, and one for receive_batch() itself */
    atomic_bool failed;
};

static void batch_release(struct exchange *exchange)
{
    struct batch *batch = exchange->scratch;
    if (atomic_fetch_sub(&batch->waiting, 1) > 1)
        return;
    if (atomic_load(&batch->failed))
        ingestion_unavailable(&exchange->response);
    exchange_done(exchange);
}

static void batch_published(void *context, enum status status)
{
    struct exchange *exchange = context;
    struct batch *batch = exchange->scratch;
    if (status != STATUS_OK)
        atomic_store(&batch->failed, true);
    batch_release(exchange);
}

/* Takes the next line off `rest`, without its end. */
static struct slice line_next(struct slice *rest)
{
    const char *end = memchr(rest->data, '\n', rest->size);
    struct slice line = {rest->data, end == NULL ? rest->size : (size_t)(end - rest->data)};
    size_t taken = line.size + (end != NULL);
    *rest = (struct slice){rest->data + taken, rest->size - taken};
    return line;
}

static bool line_is_blank(struct slice line)
{
    for (size_t i = 0; i < line.size; i++)
        if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
            return false;
    return true;
}

static size_t lines_count(struct slice body)
{
    size_t count = 0;
    while (body.size > 0)
        count += !line_is_blank(line_next(&body));
    return count;
}

/* What receive_batch() has seen so far. */
struct batch_progress {
    struct role_context *context;
    struct exchange *exchange;
    struct buf payload;
    struct buf rejected; /* the members of a JSON array */
    int64_t accepted;
    char first_refusal[REASON_MAX + 1];
    int64_t first_refusal_line;
};

static void line_refuse(struct batch_progress *progress, int64_t number, const char *reason)
{
    struct buf *json = &progress->rejected;
    if (json->size == 0) {
        progress->first_refusal_line = number;
        snprintf(progress->first_refusal, sizeof progress->first_refusal, "%s", reason);
    }
    json_put_open(json, '{');
    json_put_key(json, "line");
    json_put_integer(json, number);
    json_put_key(json, "detail");
    json_put_text(json, reason);
    json_put_close(json, '}');
}

static void line_receive(struct batch_progress *progress, struct slice line, int64_t number)
{
    struct batch *batch = progress->exchange->scratch;
    struct field_errors errors;
    char reason[REASON_MAX + 1], message_id[MESSAGE_ID_SIZE];
    enum status status = prepare(progress->context, &progress->exchange->request, line,
                                 &progress->payload, message_id, &errors, reason);
    if (status == STATUS_OK) {
        struct bus_message message = ingestion_message(
            STREAM_EMOTIONS, &progress->exchange->request, &progress->payload, message_id);
        progress->accepted++;
        atomic_fetch_add(&batch->waiting, 1);
        bus_publish(progress->context->bus, &message, batch_published, progress->exchange);
    } else if (status == STATUS_UNAVAILABLE) {
        atomic_store(&batch->failed, true);
    } else {
        if (errors.count > 0)
            field_errors_reason(&errors, reason);
        line_refuse(progress, number, reason);
    }
}

static void batch_answer(struct batch_progress *progress)
{
    struct response *response = &progress->exchange->response;
    struct buf *json = &response->body;
    if (progress->accepted == 0) {
        char detail[REASON_MAX + 80];
        snprintf(detail, sizeof detail, "No line of the batch is a valid event. Line %lld: %s",
                 (long long)progress->first_refusal_line, progress->first_refusal);
        response_error(response, STATUS_INVALID, detail);
        return;
    }
    response->http_status = status_http(STATUS_ACCEPTED);
    json_put_open(json, '{');
    json_put_key(json, "status");
    json_put_text(json, "events received");
    json_put_key(json, "accepted");
    json_put_integer(json, progress->accepted);
    json_put_key(json, "rejected");
    json_put_open(json, '[');
    if (progress->rejected.size > 0)
        json_put_raw(json, buf_slice(&progress->rejected));
    json_put_close(json, ']');
    json_put_close(json, '}');
}

/* False, with the refusal written, if there are too many lines or none. */
static bool batch_size_fits(struct slice body, struct response *response)
{
    char detail[80];
    size_t count = lines_count(body);
    if (count > HTTP_BATCH_LINES_MAX) {
        snprintf(detail, sizeof detail, "A batch holds at most %d events.", HTTP_BATCH_LINES_MAX);
        response_error(response, STATUS_TOO_LARGE, detail);
    } else if (count == 0) {
        response_error(response, STATUS_INVALID, "A batch holds at least one event.");
    }
    return count > 0 && count <= HTTP_BATCH_LINES_MAX;
}

static void receive_batch(struct role_context *context, struct exchange *exchange)
{
    struct slice rest = exchange->request.body;
    struct batch *batch = malloc(sizeof *batch);
    exchange->scratch = batch;
    if (batch == NULL || !batch_size_fits(rest, &exchange->response)) {
        if (batch == NULL)
            ingestion_unavailable(&exchange->response);
        exchange_done(exchange);
        return;
    }
    atomic_init(&batch->waiting, 1);
    atomic_init(&batch->failed, false);
    struct batch_progress progress = {.context = context, .exchange = exchange};
    buf_init(&progress.payload, INGESTION_PAYLOAD_MAX);
    buf_init(&progress.rejected, REJECTED_MAX);
    for (int64_t number = 1; rest.size > 0; number++) {
        struct slice line = line_next(&rest);
        if (!line_is_blank(line))
            line_receive(&progress, line, number);
    }
    batch_answer(&progress);
    buf_free(&progress.payload);
    buf_free(&progress.rejected);
    batch_release(exchange);
}

static void stream_receive(struct role_context *context, struct exchange *exchange)
{
    if (exchange->request.is_batch)
        receive_batch(context, exchange);
    else
        receive_one(context, exchange);
}

static const char request_schema[] =
    "{\"type\":\"object\",\"required\":[\"userId\",\"timestamp\",\"emotionEvent\"],\"properties\":{"
    "\"userId\":{\"type\":\"string\",\"format\":\"uuid\"},"
    "\"timestamp\":{\"type\":\"string\",\"format\":\"date-time\"},"
    "\"emotionEvent\":{\"type\":\"object\",\"required\":[\"type\",\"metrics\"],\"properties\":{"
    "\"type\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":64},"
    "\"metrics\":{\"type\":\"object\",\"required\":[\"positivity\",\"intensity\",\"stress_level\"],"
    "\"properties\":{"
    "\"positivity\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
    "\"intensity\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
    "\"stress_level\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1}}}}},"
    "\"eventId\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":128,"
    "\"description\":\"The event counts once under this id, however often it is sent.\"}}}";

static const char response_schema[] =
    "{\"oneOf\":[{\"type\":\"object\",\"required\":[\"status\",\"traceId\"],\"properties\":{"
    "\"status\":{\"const\":\"event received\"},\"traceId\":{\"type\":\"string\"}}},"
    "{\"type\":\"object\",\"required\":[\"status\",\"accepted\",\"rejected\"],\"properties\":{"
    "\"status\":{\"const\":\"events received\"},\"accepted\":{\"type\":\"integer\"},"
    "\"rejected\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{"
    "\"line\":{\"type\":\"integer\"},\"detail\":{\"type\":\"string\"}}}}}}]}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/emotions/stream",
        .auth = AUTH_INTERNAL,
        .kind = ENDPOINT_ASYNC,
        .batch = true,
        .handle = stream_receive,
        .summary = "Take one emotion event, or a batch of up to 1000, one to a line.",
        .request_schema = request_schema,
        .success = 202,
        .response_schema = response_schema,
        .errors = "503",
    },
};

const struct role role_emotion_ingestion = {
    .name = "emotion-ingestion",
    .summary = "takes emotion events over HTTP and puts them on the bus",
    .uses = USES_BUS,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
