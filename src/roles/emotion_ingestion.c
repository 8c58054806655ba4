/* SPDX-License-Identifier: Apache-2.0
 *
 * Role emotion-ingestion: POST /v1/emotions/stream → emotion events on the bus. One event, or a
 * batch of up to HTTP_BATCH_LINES_MAX lines, each an event (application/x-ndjson).
 */
#include <stdio.h>

#include "roles/ingestion.h"
#include "wire/emotion_json.h"

static enum status emotion_read(struct role_context *context, const struct request *request,
                                struct slice document, struct submission *submission,
                                struct buf *payload, struct refusal *refusal)
{
    struct event_origin origin = {.stream = STREAM_EMOTIONS, .published_us = request->received_us};
    struct emotion_event event;
    if (emotion_decode(document, &origin, context->settings->raw_life_us, &event, refusal) !=
        STATUS_OK)
        return refusal->status;
    snprintf(event.trace_id, sizeof event.trace_id, "%s", request->request_id);
    submission->user_id = event.user_id;
    submission->key = event.key;
    submission->content = event.content;
    submission->has_id = event.event_id[0] != '\0';
    emotion_encode(&event, payload);
    return STATUS_OK;
}

static void emotion_receive(struct role_context *context, struct exchange *exchange)
{
    static const struct ingestion emotions = {.stream = STREAM_EMOTIONS, .read = emotion_read};
    ingestion_receive(&emotions, context, exchange);
}

static const struct endpoint endpoints[] = {
    {
        INGESTION_ENDPOINT,
        .path = "/v1/emotions/stream",
        .auth = AUTH_INTERNAL,
        .handle = emotion_receive,
        .summary = "Take one emotion event, or a batch of up to 1000, one to a line.",
        .request_schema = "openapi/emotion.json",
        .response_schema = "openapi/emotion_received.json",
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
