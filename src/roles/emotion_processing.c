/* SPDX-License-Identifier: Apache-2.0
 *
 * Role emotion-processing: emotion events on the bus → raw rows and hourly tiles.
 */
#include "roles/event_processing.h"
#include "store/events.h"
#include "wire/emotion_json.h"

static enum status decode(struct event_batch *batch, size_t place, struct slice payload,
                          const struct event_origin *origin, const struct role_settings *settings,
                          struct field_errors *errors, char reason[REASON_MAX + 1])
{
    struct emotion_event *event = &batch->events.emotions[place];
    enum status status =
        emotion_decode(payload, origin, settings->raw_life_us, event, errors, reason);
    batch->users[place] = event->user_id;
    return status;
}

static enum status apply(struct store *store, struct event_batch *batch, size_t first, size_t count)
{
    return store_emotions_apply(store, batch->events.emotions + first, count,
                                batch->results + first);
}

static enum status step(struct role_context *context, struct bus_consumer *consumer,
                        int64_t wait_us, size_t *handled)
{
    static const struct event_kind emotions = {LABEL_emotions, decode, apply};
    return event_processing_step(&emotions, context, consumer, wait_us, handled);
}

static const struct consumer_step consumer = {
    .stream = STREAM_EMOTIONS,
    .scratch_size = sizeof(struct event_batch),
    .step = step,
};

const struct role role_emotion_processing = {
    .name = "emotion-processing",
    .summary = "counts emotion events into raw rows and hourly tiles",
    .uses = USES_BUS | USES_STORE | USES_CACHE,
    .consumer = &consumer,
};
