/* SPDX-License-Identifier: Apache-2.0
 *
 * What a person felt at one moment, and the hourly tile that many such moments are folded into.
 */
#ifndef ECS_DOMAIN_EMOTION_H
#define ECS_DOMAIN_EMOTION_H

#include <stdint.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "limits.h"

struct emotion_event {
    struct hash key;
    struct hash content;
    struct uuid user_id;
    int64_t occurred_at_us;
    int64_t received_at_us; /* when the bus stored it */
    int32_t positivity;     /* millionths, 0 to 1,000,000; so are the next two */
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
    int64_t positivity_sum;     /* millionths; so are the next two */
    int64_t intensity_sum;
    int64_t stress_sum;
    int64_t stress_square_sum; /* millionths squared; 9.2 million events fit */
    int64_t stress_min;
    int64_t stress_max;
};

int64_t emotion_hour_us(int64_t occurred_at_us);
/* The tile of this one event. */
struct emotion_tile emotion_tile_of(const struct emotion_event *event);
/* Adds `from` to `into`, which may have no events yet; `into` keeps its own hour. */
void emotion_tile_merge(struct emotion_tile *into, const struct emotion_tile *from);

#endif
