/* SPDX-License-Identifier: Apache-2.0
 *
 * The streams of the system (event.def), the events on them, and the tiles that many events are
 * folded into. Every event has a key that makes it count once.
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
#include "base/slice.h"
#include "base/uuid.h"
#include "limits.h"

enum stream {
#define STREAM(id, label, name, subject, producers, consumers, content) STREAM_##id,
#include "domain/event.def"
#undef STREAM
    STREAM_COUNT
};

const char *stream_name(enum stream stream);
const char *stream_subject(enum stream stream);
/* The stream as a value of the label "stream" in /metrics: metric_label_of() gives its number. */
const char *stream_label(enum stream stream);

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

/* When the hour, and the day, began that an event lies in: the time of its tile. */
int64_t event_hour_us(int64_t occurred_at_us);
int64_t event_day_us(int64_t occurred_at_us);

/* What a person felt at one moment. */
struct emotion_event {
    struct hash key;
    struct hash content;
    struct uuid user_id;
    int64_t occurred_at_us;
    int64_t received_at_us; /* when the bus stored it */
    int32_t positivity;     /* this and the next two: millionths, 0 to 1,000,000 */
    int32_t intensity;
    int32_t stress;
    char type[EVENT_TYPE_MAX + 1];
    char event_id[EVENT_ID_MAX + 1]; /* empty if the producer gave none */
    char trace_id[TRACE_ID_MAX + 1];
};

/* All emotion events of one person in one hour. Every field is a count or a sum of integers (or
 * the least or the greatest), so tiles merge in any order to the same bits. */
struct emotion_tile {
    int64_t hour_us; /* start of the hour */
    int64_t event_count;
    int64_t stress_event_count; /* stress at or above STRESS_THRESHOLD_MILLIONTHS */
    int64_t positivity_sum;     /* this and the next two: millionths */
    int64_t intensity_sum;
    int64_t stress_sum;
    int64_t stress_square_sum; /* millionths squared; 9.2 million events fit */
    int64_t stress_min;
    int64_t stress_max;
};

/* The tile of this one event. */
struct emotion_tile emotion_tile_of(const struct emotion_event *event);
/* Adds `from` to `into`, which may have no events yet; `into` keeps its own hour. */
void emotion_tile_merge(struct emotion_tile *into, const struct emotion_tile *from);

enum transaction_direction { TRANSACTION_OUT, TRANSACTION_IN };

/* Who says that it happened. */
enum transaction_source {
    SOURCE_UNSAID,
    SOURCE_CORE, /* the bank's own systems */
    SOURCE_SELF  /* the person */
};

/* One payment of a person. */
struct transaction_event {
    struct hash key;
    struct hash content;
    struct uuid user_id;
    int64_t occurred_at_us;
    int64_t received_at_us; /* when the bus stored it */
    int64_t amount_cents;   /* 1 to AMOUNT_CENTS_MAX */
    enum transaction_direction direction;
    enum transaction_source source;     /* never UNSAID */
    char currency[CURRENCY_LENGTH + 1]; /* ISO 4217; empty if not given */
    char category[CATEGORY_MAX + 1];
    char transaction_id[EVENT_ID_MAX + 1]; /* empty if the client gave none */
    char trace_id[TRACE_ID_MAX + 1];
};

/* All transactions of one person on one day, UTC. Mergeable in any order, as emotion tiles are. */
struct transaction_tile {
    int64_t day_us; /* start of the day */
    int64_t count;
    int64_t sum_cents;
    int64_t square_sum; /* of whole units, each capped at 1,000,000 so that the sum fits */
    int64_t min_cents;
    int64_t max_cents;
    int64_t in_count;
    int64_t in_sum_cents;
};

struct transaction_tile transaction_tile_of(const struct transaction_event *event);
/* Adds `from` to `into`, which may have no transactions yet; `into` keeps its own day. */
void transaction_tile_merge(struct transaction_tile *into, const struct transaction_tile *from);

/* A currency by its letters, ISO 4217: true of three from A to Z. A deployment has one. */
bool event_currency_is_good(const char *currency);

#endif
