/* SPDX-License-Identifier: Apache-2.0
 *
 * The streams of the system (event.def) and what every event has: a key that makes it count once.
 *
 * The key is a hash of what identifies the event to its producer:
 *   - the event id in the payload, with the stream, the person it is about and whose ids it is one
 *     of: nobody takes an id away from another who gives ids too; else
 *   - the message id that the producer gave the bus; else
 *   - the place in the stream: creation time of the stream, sequence, the time at which the stream
 *     stored it, and payload. A sequence alone is none: a stream that lost its tail, or was made
 *     anew, numbers anew.
 * The content hash tells a repetition (same key, same content: harmless) from a reused id (same
 * key, other content: refused).
 */
#ifndef ECS_DOMAIN_EVENT_H
#define ECS_DOMAIN_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/metrics.h"
#include "base/slice.h"
#include "base/uuid.h"

enum stream {
#define STREAM(id, label, name, subject, producers, consumers, content) STREAM_##id,
#include "domain/event.def"
#undef STREAM
    STREAM_COUNT
};

const char *stream_name(enum stream stream);
const char *stream_subject(enum stream stream);
/* The stream as a value of the label "stream" in /metrics. */
enum metric_label stream_label(enum stream stream);

/* Where a message stood on the bus. */
struct event_origin {
    enum stream stream;
    struct slice message_id; /* empty if the producer gave none */
    int64_t stream_created_us;
    uint64_t sequence;
    int64_t published_us; /* when the bus stored it */
    bool untimed;         /* so early that its key was made without that time */
};

/* Who gives event ids: each has theirs apart. */
enum id_giver { IDS_OF_PRODUCERS, IDS_OF_PERSON };

/* `event_id` is the one in the payload; empty if it has none. */
struct hash event_key(const struct event_origin *origin, enum id_giver giver,
                      const struct uuid *user_id, struct slice event_id, struct slice payload);

/* What became of an event that was applied to the store. */
enum event_result {
    EVENT_COUNTED,     /* its key was new: it is in the raw rows and in the tiles */
    EVENT_DUPLICATE,   /* counted before: nothing changed */
    EVENT_CONFLICTING, /* its id was used before for other content: nothing changed */
    EVENT_UNKNOWN_USER /* nothing changed */
};

#endif
