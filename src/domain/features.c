/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/features.h"

const struct feature_definition feature_definitions[FEATURE_COUNT] = {
#define FEATURE(name, unit, group, empty, words) {#name, UNIT_##unit, GROUP_##group, empty, words},
#include "domain/features.def"
#undef FEATURE
};

static const int window_days[WINDOW_COUNT] = {
    [WINDOW_24H] = 1,
    [WINDOW_7D] = 7,
    [WINDOW_30D] = 30,
};

/* A window holds the tiles that start from here on, up to the tile that `now_us` lies in. */
static int64_t emotion_window_from_us(enum window window, int64_t now_us)
{
    return emotion_hour_us(now_us) - (window_days[window] * 24 - 1) * HOUR_US;
}

static int64_t transaction_window_from_us(enum window window, int64_t now_us)
{
    return transaction_day_us(now_us) - (window_days[window] - 1) * DAY_US;
}

int64_t features_emotions_from_us(int64_t now_us)
{
    return emotion_window_from_us(WINDOW_30D, now_us);
}

int64_t features_transactions_from_us(int64_t now_us)
{
    return transaction_window_from_us(WINDOW_30D, now_us);
}

struct emotion_tile emotion_window(const struct person_tiles *tiles, enum window window,
                                   int64_t now_us)
{
    int64_t from_us = emotion_window_from_us(window, now_us);
    struct emotion_tile merged = {.hour_us = from_us};
    for (size_t i = 0; i < tiles->emotion_count; i++) {
        const struct emotion_tile *tile = &tiles->emotions[i];
        if (tile->hour_us >= from_us && tile->hour_us <= now_us)
            emotion_tile_merge(&merged, tile);
    }
    return merged;
}

struct transaction_tile transaction_window(const struct person_tiles *tiles, enum window window,
                                           int64_t now_us)
{
    int64_t from_us = transaction_window_from_us(window, now_us);
    struct transaction_tile merged = {.day_us = from_us};
    for (size_t i = 0; i < tiles->transaction_count; i++) {
        const struct transaction_tile *tile = &tiles->transactions[i];
        if (tile->day_us >= from_us && tile->day_us <= now_us)
            transaction_tile_merge(&merged, tile);
    }
    return merged;
}

/* Rounded half up; sums of events are never negative. */
static int64_t mean(enum feature feature, int64_t sum, int64_t count)
{
    return count == 0 ? feature_definitions[feature].empty : (sum + count / 2) / count;
}

struct features features_compute(const struct person_tiles *tiles, int64_t now_us)
{
    struct emotion_tile week = emotion_window(tiles, WINDOW_7D, now_us);
    struct emotion_tile month = emotion_window(tiles, WINDOW_30D, now_us);
    struct transaction_tile spent = transaction_window(tiles, WINDOW_30D, now_us);
    struct features features;
    features.values[FEATURE_transaction_count_30d] = spent.count;
    features.values[FEATURE_avg_transaction_value_30d] =
        mean(FEATURE_avg_transaction_value_30d, spent.sum_cents, spent.count);
    features.values[FEATURE_avg_positivity_7d] =
        mean(FEATURE_avg_positivity_7d, week.positivity_sum, week.event_count);
    features.values[FEATURE_stress_events_30d] = month.stress_event_count;
    return features;
}

int64_t features_period_us(int64_t now_us)
{
    return emotion_hour_us(now_us);
}
