/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/event.h"

#include <assert.h>
#include <string.h>

static const struct {
    const char *name;
    const char *subject;
    const char *label;
} streams[STREAM_COUNT] = {
#define STREAM(id, label, name, subject, producers, consumers, content) {name, subject, #label},
#include "domain/event.def"
#undef STREAM
};

const char *stream_name(enum stream stream)
{
    assert(stream < STREAM_COUNT);
    return streams[stream].name;
}

const char *stream_subject(enum stream stream)
{
    assert(stream < STREAM_COUNT);
    return streams[stream].subject;
}

const char *stream_label(enum stream stream)
{
    assert(stream < STREAM_COUNT);
    return streams[stream].label;
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
    uint8_t place[3 * HASH_NUMBER_SIZE];
    hash_number(place, (uint64_t)origin->stream_created_us);
    hash_number(place + HASH_NUMBER_SIZE, origin->sequence);
    hash_number(place + 2 * HASH_NUMBER_SIZE, (uint64_t)origin->published_us);
    struct slice position = {(const char *)place,
                             origin->untimed ? 2 * HASH_NUMBER_SIZE : sizeof place};
    return hash_of((const struct slice[]){slice_of("position"), stream, position, payload}, 4);
}

int64_t event_hour_us(int64_t occurred_at_us)
{
    return occurred_at_us - occurred_at_us % HOUR_US;
}

int64_t event_day_us(int64_t occurred_at_us)
{
    return occurred_at_us - occurred_at_us % DAY_US;
}

struct emotion_tile emotion_tile_of(const struct emotion_event *event)
{
    assert(event->positivity >= 0 && event->positivity <= MILLIONTHS);
    assert(event->intensity >= 0 && event->intensity <= MILLIONTHS);
    assert(event->stress >= 0 && event->stress <= MILLIONTHS);
    return (struct emotion_tile){
        .hour_us = event_hour_us(event->occurred_at_us),
        .event_count = 1,
        .stress_event_count = event->stress >= STRESS_THRESHOLD_MILLIONTHS,
        .positivity_sum = event->positivity,
        .intensity_sum = event->intensity,
        .stress_sum = event->stress,
        .stress_square_sum = (int64_t)event->stress * event->stress,
        .stress_min = event->stress,
        .stress_max = event->stress,
    };
}

void emotion_tile_merge(struct emotion_tile *into, const struct emotion_tile *from)
{
    if (from->event_count == 0)
        return;
    if (into->event_count == 0 || from->stress_min < into->stress_min)
        into->stress_min = from->stress_min;
    if (into->event_count == 0 || from->stress_max > into->stress_max)
        into->stress_max = from->stress_max;
    into->event_count += from->event_count;
    into->stress_event_count += from->stress_event_count;
    into->positivity_sum += from->positivity_sum;
    into->intensity_sum += from->intensity_sum;
    into->stress_sum += from->stress_sum;
    into->stress_square_sum += from->stress_square_sum;
}

enum { SQUARED_UNITS_MAX = 1000000 };

struct transaction_tile transaction_tile_of(const struct transaction_event *event)
{
    assert(event->amount_cents >= 0);
    int64_t units = (event->amount_cents + CENTS / 2) / CENTS;
    if (units > SQUARED_UNITS_MAX)
        units = SQUARED_UNITS_MAX;
    bool in = event->direction == TRANSACTION_IN;
    return (struct transaction_tile){
        .day_us = event_day_us(event->occurred_at_us),
        .count = 1,
        .sum_cents = event->amount_cents,
        .square_sum = units * units,
        .min_cents = event->amount_cents,
        .max_cents = event->amount_cents,
        .in_count = in ? 1 : 0,
        .in_sum_cents = in ? event->amount_cents : 0,
    };
}

void transaction_tile_merge(struct transaction_tile *into, const struct transaction_tile *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min_cents < into->min_cents)
        into->min_cents = from->min_cents;
    if (into->count == 0 || from->max_cents > into->max_cents)
        into->max_cents = from->max_cents;
    into->count += from->count;
    into->sum_cents += from->sum_cents;
    into->square_sum += from->square_sum;
    into->in_count += from->in_count;
    into->in_sum_cents += from->in_sum_cents;
}

bool event_currency_is_good(const char *currency)
{
    return strlen(currency) == CURRENCY_LENGTH &&
           strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CURRENCY_LENGTH;
}
