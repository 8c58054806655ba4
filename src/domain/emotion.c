/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/emotion.h"

int64_t emotion_hour_us(int64_t occurred_at_us)
{
    return occurred_at_us - occurred_at_us % HOUR_US;
}

struct emotion_tile emotion_tile_of(const struct emotion_event *event)
{
    return (struct emotion_tile){
        .hour_us = emotion_hour_us(event->occurred_at_us),
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
