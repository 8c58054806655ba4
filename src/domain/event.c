/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/event.h"

static const char *const names[STREAM_COUNT] = {
#define STREAM(id, label, name, subject, producers, consumers, content) name,
#include "domain/event.def"
#undef STREAM
};

static const char *const subjects[STREAM_COUNT] = {
#define STREAM(id, label, name, subject, producers, consumers, content) subject,
#include "domain/event.def"
#undef STREAM
};

static const enum metric_label labels[STREAM_COUNT] = {
#define STREAM(id, label, name, subject, producers, consumers, content) LABEL_##label,
#include "domain/event.def"
#undef STREAM
};

const char *stream_name(enum stream stream)
{
    return names[stream];
}

const char *stream_subject(enum stream stream)
{
    return subjects[stream];
}

enum metric_label stream_label(enum stream stream)
{
    return labels[stream];
}

struct hash event_key(const struct event_origin *origin, enum id_giver giver,
                      const struct uuid *user_id, struct slice event_id, struct slice payload)
{
    struct slice stream = slice_of(stream_name(origin->stream));
    if (event_id.size > 0) {
        struct slice user = {(const char *)user_id->bytes, sizeof user_id->bytes};
        const char *space = giver == IDS_OF_PERSON ? "event of a person" : "event";
        return hash_of((const struct slice[]){slice_of(space), stream, user, event_id}, 4);
    }
    if (origin->message_id.size > 0)
        return hash_of((const struct slice[]){slice_of("message"), stream, origin->message_id}, 3);
    uint8_t place[24];
    for (int i = 0; i < 8; i++) {
        place[i] = (uint8_t)((uint64_t)origin->stream_created_us >> (8 * i));
        place[8 + i] = (uint8_t)(origin->sequence >> (8 * i));
        place[16 + i] = (uint8_t)((uint64_t)origin->published_us >> (8 * i));
    }
    struct slice position = {(const char *)place, origin->untimed ? 16 : sizeof place};
    return hash_of((const struct slice[]){slice_of("position"), stream, position, payload}, 4);
}
