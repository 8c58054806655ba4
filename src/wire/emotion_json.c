/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/emotion_json.h"

#include <assert.h>

#include "base/json_put.h"

/* What the producer said, without where it came from: traceId differs when an event is sent again,
 * and is no part of it. */
static struct hash content_of(const struct emotion_event *event)
{
    enum { NUMBERS = 4 };
    const int64_t numbers[NUMBERS] = {event->occurred_at_us, event->positivity, event->intensity,
                                      event->stress};
    uint8_t bytes[NUMBERS * HASH_NUMBER_SIZE];
    for (size_t i = 0; i < NUMBERS; i++)
        hash_number(bytes + i * HASH_NUMBER_SIZE, (uint64_t)numbers[i]);
    return hash_of(
        (const struct slice[]){
            {(const char *)event->user_id.bytes, sizeof event->user_id.bytes},
            {(const char *)bytes, sizeof bytes},
            slice_of(event->type),
        },
        3);
}

static void metric_decode(const struct fields *metrics, const char *name, int32_t *out)
{
    int64_t value = 0;
    field_decimal(metrics, name, MILLIONTHS, 0, MILLIONTHS, &value);
    *out = (int32_t)value;
}

static void feeling_decode(const struct fields *body, struct emotion_event *event)
{
    struct fields feeling = {field_object(body, "emotionEvent"), "body.emotionEvent", body->errors};
    if (feeling.object == NULL)
        return;
    field_text(&feeling, "type", FIELD_REQUIRED, 1, EVENT_TYPE_MAX, event->type);
    struct fields metrics = {field_object(&feeling, "metrics"), "body.emotionEvent.metrics",
                             body->errors};
    if (metrics.object == NULL)
        return;
    metric_decode(&metrics, "positivity", &event->positivity);
    metric_decode(&metrics, "intensity", &event->intensity);
    metric_decode(&metrics, "stress_level", &event->stress);
}

enum status emotion_decode(struct slice payload, const struct event_origin *origin,
                           int64_t oldest_us, struct emotion_event *event, struct refusal *refusal)
{
    struct fields body;
    if (fields_open(payload, &body, refusal) != STATUS_OK)
        return refusal->status;
    *event = (struct emotion_event){.received_at_us = origin->published_us};
    field_uuid(&body, "userId", &event->user_id);
    if (field_time(&body, "timestamp", FIELD_REQUIRED, &event->occurred_at_us))
        field_time_near(&body, "timestamp", event->occurred_at_us, origin->published_us, oldest_us);
    feeling_decode(&body, event);
    field_text(&body, "eventId", FIELD_OPTIONAL, 1, EVENT_ID_MAX, event->event_id);
    field_text_if_fits(&body, "traceId", TRACE_ID_MAX, event->trace_id);
    if (fields_close(&body, refusal) != STATUS_OK)
        return refusal->status;
    assert(event->positivity >= 0 && event->positivity <= MILLIONTHS);
    assert(event->intensity >= 0 && event->intensity <= MILLIONTHS);
    assert(event->stress >= 0 && event->stress <= MILLIONTHS);
    event->key =
        event_key(origin, IDS_OF_PRODUCERS, &event->user_id, slice_of(event->event_id), payload);
    event->content = content_of(event);
    return STATUS_OK;
}

void emotion_encode(const struct emotion_event *event, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_uuid(json, "userId", &event->user_id);
    json_put_time(json, "timestamp", event->occurred_at_us);
    json_put_open(json, "emotionEvent", '{');
    json_put_text(json, "type", event->type);
    json_put_open(json, "metrics", '{');
    json_put_decimal(json, "positivity", event->positivity, 6);
    json_put_decimal(json, "intensity", event->intensity, 6);
    json_put_decimal(json, "stress_level", event->stress, 6);
    json_put_ends(json, "}}");
    field_text_encode("eventId", event->event_id, json);
    field_text_encode("traceId", event->trace_id, json);
    json_put_close(json, '}');
}
