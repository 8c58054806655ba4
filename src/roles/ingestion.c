/* SPDX-License-Identifier: Apache-2.0
 *
 * All lines of a batch are read before the first is published; those that are refused are answered
 * by their number, and stop none of the others.
 */
#include "roles/ingestion.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_put.h"
#include "roles/answers.h"

/* The message id of an event, by which the bus drops a repetition early, and the worker too where
 * the client gave no event id. Of key and content if it did give one: sent again it has the same
 * one, and other content under a used id still reaches the worker, which refuses it by name. Else
 * of the Idempotency-Key, if one came, the line and the content. Else it is new each time. */
static void submission_name(struct submission *submission, struct role_context *context,
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

static void submission_read(const struct ingestion *ingestion, struct role_context *context,
                            const struct request *request, struct slice document,
                            struct submission *submission, struct buf *payloads,
                            struct refusal *refusal)
{
    submission->payload_at = payloads->size;
    payloads->comma = false; /* each is a document of its own */
    submission->status = ingestion->read(context, request, document, submission, payloads, refusal);
    submission->payload_size = payloads->size - submission->payload_at;
    if (submission->status == STATUS_OK)
        submission_name(submission, context, request, ingestion->stream);
    if (submission->status == STATUS_OK && payloads->overflowed)
        submission->status = STATUS_UNAVAILABLE;
    assert(submission->status == refusal->status || submission->status == STATUS_UNAVAILABLE);
    if (submission->status != STATUS_OK)
        memcpy(submission->reason, refusal->reason, sizeof submission->reason);
}

static void submission_publish(const struct ingestion *ingestion, struct role_context *context,
                               struct exchange *exchange, const struct submission *submission,
                               const struct buf *payloads, bus_published *done)
{
    assert(submission->status == STATUS_OK);
    assert(submission->payload_at + submission->payload_size <= payloads->size);
    const struct principal *who = &exchange->request.principal;
    struct bus_message message = {
        .stream = ingestion->stream,
        .payload = {payloads->data + submission->payload_at, submission->payload_size},
        .message_id = slice_of(submission->message_id),
        .request_id = slice_of(exchange->request.request_id),
        .traceparent = slice_of(exchange->request.traceparent),
        /* What people report with their own tokens is apart from what nameless producers send. */
        .producer = slice_of(who->is_producer ? who->producer : "people"),
    };
    bus_publish(context->bus, &message, done, exchange);
}

static void ingestion_unavailable(struct response *response)
{
    answer_unavailable(response, "Service unavailable. Could not connect to the messaging system.");
}

static void published(void *context, enum status status)
{
    struct exchange *exchange = context;
    if (status != STATUS_OK)
        ingestion_unavailable(&exchange->response);
    exchange_done(exchange);
}

static void refuse(struct response *response, const struct submission *submission,
                   const struct refusal *refusal)
{
    if (submission->status == STATUS_UNAVAILABLE)
        ingestion_unavailable(response);
    else if (refusal->status != STATUS_OK)
        answer_refused(response, refusal);
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

/* The 202 for one event, which tells the trace of an emotion and the person of a transaction. */
static void event_answer(const struct ingestion *ingestion, const struct request *request,
                         const struct submission *submission, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "status", "event received");
    if (ingestion->stream == STREAM_EMOTIONS)
        json_put_text(json, "traceId", request->request_id);
    else
        json_put_uuid(json, "userId", &submission->user_id);
    json_put_close(json, '}');
}

static void receive_one(const struct ingestion *ingestion, struct role_context *context,
                        struct exchange *exchange)
{
    struct submission submission = {0};
    struct refusal refusal;
    struct buf payload;
    buf_init(&payload, INGESTION_PAYLOAD_MAX);
    submission_read(ingestion, context, &exchange->request, exchange->request.body, &submission,
                    &payload, &refusal);
    bool judged = is_judged(ingestion, &exchange->request, &submission);
    if (judged && !exchange->may_block) {
        exchange_defer(exchange);
    } else if (judged && !ingestion->judge(context, exchange, &submission, 1)) {
        exchange_done(exchange);
    } else if (submission.status == STATUS_OK) {
        exchange->response.http_status = status_http(STATUS_ACCEPTED);
        event_answer(ingestion, &exchange->request, &submission, &exchange->response.body);
        submission_publish(ingestion, context, exchange, &submission, &payload, published);
    } else {
        refuse(&exchange->response, &submission, &refusal);
        exchange_done(exchange);
    }
    buf_free(&payload);
}

enum { REJECTED_MAX = HTTP_BATCH_LINES_MAX * (2 * REASON_MAX + 64) };

/* Publications under way: the exchange's scratch. Whoever takes `waiting` to 0 ends it. */
struct publications {
    atomic_size_t waiting; /* confirmations to come, and one for whoever publishes */
    atomic_bool failed;
};

static void publications_release(struct exchange *exchange)
{
    struct publications *publications = exchange->scratch;
    size_t waiting = atomic_fetch_sub(&publications->waiting, 1);
    assert(waiting > 0);
    if (waiting > 1)
        return;
    if (atomic_load(&publications->failed))
        ingestion_unavailable(&exchange->response);
    exchange_done(exchange);
}

static void line_published(void *context, enum status status)
{
    struct exchange *exchange = context;
    struct publications *publications = exchange->scratch;
    if (status != STATUS_OK)
        atomic_store(&publications->failed, true);
    publications_release(exchange);
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

/* A batch that was read. */
struct submission_lines {
    struct submission *lines;
    size_t count;
    struct buf payloads;
};

static void batch_read(const struct ingestion *ingestion, struct role_context *context,
                       const struct request *request, struct submission_lines *batch)
{
    struct slice rest = request->body;
    for (int64_t number = 1; rest.size > 0; number++) {
        struct slice line = line_next(&rest);
        struct refusal refusal;
        if (line_is_blank(line))
            continue;
        struct submission *submission = &batch->lines[batch->count++];
        submission->line = number;
        submission_read(ingestion, context, request, line, submission, &batch->payloads, &refusal);
    }
}

/* The answer for the case that all accepted lines are stored. */
static void batch_answer(const struct submission_lines *batch, struct response *response)
{
    struct buf rejected; /* the members of a JSON array */
    const struct submission *first = NULL;
    int64_t accepted = 0;
    buf_init(&rejected, REJECTED_MAX);
    for (size_t i = 0; i < batch->count; i++) {
        const struct submission *line = &batch->lines[i];
        accepted += line->status == STATUS_OK;
        if (line->status == STATUS_OK || line->status == STATUS_UNAVAILABLE)
            continue;
        first = first == NULL ? line : first;
        json_put_open(&rejected, NULL, '{');
        json_put_integer(&rejected, "line", line->line);
        json_put_text(&rejected, "detail", line->reason);
        json_put_close(&rejected, '}');
    }
    assert(accepted >= 0 && (size_t)accepted <= batch->count);
    if (accepted == 0 && first != NULL) {
        char detail[REASON_MAX + 80];
        snprintf(detail, sizeof detail, "No line of the batch is a valid event. Line %lld: %s",
                 (long long)first->line, first->reason);
        response_error(response, STATUS_INVALID, detail);
    } else {
        struct buf *json = &response->body;
        response->http_status = status_http(STATUS_ACCEPTED);
        json_put_open(json, NULL, '{');
        json_put_text(json, "status", "events received");
        json_put_integer(json, "accepted", accepted);
        json_put_open(json, "rejected", '[');
        if (rejected.size > 0)
            json_put_raw(json, NULL, buf_slice(&rejected));
        json_put_ends(json, "]}");
    }
    buf_free(&rejected);
}

static void batch_publish(const struct ingestion *ingestion, struct role_context *context,
                          struct exchange *exchange, const struct submission_lines *batch)
{
    struct publications *publications = exchange->scratch;
    for (size_t i = 0; i < batch->count; i++) {
        const struct submission *line = &batch->lines[i];
        if (line->status == STATUS_OK) {
            atomic_fetch_add(&publications->waiting, 1);
            submission_publish(ingestion, context, exchange, line, &batch->payloads,
                               line_published);
        } else if (line->status == STATUS_UNAVAILABLE) {
            atomic_store(&publications->failed, true);
        }
    }
    publications_release(exchange);
}

/* False, with the refusal written, if there are too many lines or none. */
static bool batch_size_fits(size_t count, struct response *response)
{
    char detail[80];
    if (count > HTTP_BATCH_LINES_MAX) {
        snprintf(detail, sizeof detail, "A batch holds at most %d events.", HTTP_BATCH_LINES_MAX);
        response_error(response, STATUS_TOO_LARGE, detail);
    } else if (count == 0) {
        response_error(response, STATUS_INVALID, "A batch holds at least one event.");
    }
    return count > 0 && count <= HTTP_BATCH_LINES_MAX;
}

static void receive_batch(const struct ingestion *ingestion, struct role_context *context,
                          struct exchange *exchange)
{
    size_t count = lines_count(exchange->request.body);
    if (!batch_size_fits(count, &exchange->response)) {
        exchange_done(exchange);
        return;
    }
    if (ingestion->judge != NULL && !exchange->may_block) {
        exchange_defer(exchange);
        return;
    }
    struct publications *publications = malloc(sizeof *publications);
    struct submission_lines batch = {.lines = calloc(count, sizeof *batch.lines)};
    exchange->scratch = publications;
    if (publications == NULL || batch.lines == NULL) {
        ingestion_unavailable(&exchange->response);
        exchange_done(exchange);
    } else {
        atomic_init(&publications->waiting, 1);
        atomic_init(&publications->failed, false);
        buf_init(&batch.payloads, count * INGESTION_PAYLOAD_MAX);
        batch_read(ingestion, context, &exchange->request, &batch);
        assert(batch.count == count);
        if (ingestion->judge == NULL ||
            ingestion->judge(context, exchange, batch.lines, batch.count)) {
            batch_answer(&batch, &exchange->response);
            batch_publish(ingestion, context, exchange, &batch);
        } else {
            exchange_done(exchange);
        }
        buf_free(&batch.payloads);
    }
    free(batch.lines);
}

void ingestion_receive(const struct ingestion *ingestion, struct role_context *context,
                       struct exchange *exchange)
{
    if (exchange->request.is_batch)
        receive_batch(ingestion, context, exchange);
    else
        receive_one(ingestion, context, exchange);
}
