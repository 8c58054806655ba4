/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/features.h"

#include <assert.h>
#include <string.h>

const struct feature_definition feature_definitions[FEATURE_COUNT] = {
#define FEATURE(name, unit, group, family, direction, formula, words, portuguese)                  \
    {#name, UNIT_##unit, GROUP_##group, FAMILY_##family, DIRECTION_##direction, words, portuguese},
#include "domain/features.def"
#undef FEATURE
};

int feature_named(const char *name)
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (strcmp(feature_definitions[i].name, name) == 0)
            return i;
    return -1;
}

static const int window_days[WINDOW_COUNT] = {
    [WINDOW_24H] = 1,
    [WINDOW_7D] = 7,
    [WINDOW_30D] = 30,
    [WINDOW_90D] = 90,
};

/* A window holds the tiles that start from here on, up to the tile that `now_us` lies in. */
static int64_t emotion_window_from_us(enum feature_window window, int64_t now_us)
{
    return event_hour_us(now_us) - (window_days[window] * 24 - 1) * HOUR_US;
}

static int64_t transaction_window_from_us(enum feature_window window, int64_t now_us)
{
    return event_day_us(now_us) - (window_days[window] - 1) * DAY_US;
}

int64_t features_emotions_from_us(int64_t now_us)
{
    return emotion_window_from_us(EMOTION_WINDOW_MAX, now_us);
}

int64_t features_transactions_from_us(int64_t now_us)
{
    return transaction_window_from_us(TRANSACTION_WINDOW_MAX, now_us);
}

struct emotion_tile person_tiles_emotions(const struct person_tiles *tiles,
                                          enum feature_window window, int64_t now_us)
{
    assert(window < WINDOW_COUNT && tiles->emotion_count <= EMOTION_TILES_MAX);
    int64_t from_us = emotion_window_from_us(window, now_us);
    struct emotion_tile merged = {.hour_us = from_us};
    for (size_t i = 0; i < tiles->emotion_count; i++) {
        const struct emotion_tile *tile = &tiles->emotions[i];
        if (tile->hour_us >= from_us && tile->hour_us <= now_us)
            emotion_tile_merge(&merged, tile);
    }
    return merged;
}

struct transaction_tile person_tiles_transactions(const struct person_tiles *tiles,
                                                  enum feature_window window, int64_t now_us)
{
    assert(window < WINDOW_COUNT && tiles->transaction_count <= TRANSACTION_TILES_MAX);
    int64_t from_us = transaction_window_from_us(window, now_us);
    struct transaction_tile merged = {.day_us = from_us};
    for (size_t i = 0; i < tiles->transaction_count; i++) {
        const struct transaction_tile *tile = &tiles->transactions[i];
        if (tile->day_us >= from_us && tile->day_us <= now_us)
            transaction_tile_merge(&merged, tile);
    }
    return merged;
}

/* The functions that the formulas of features.def use. ------------------------------------- */

/* Rounded half up; sums of events are never negative. */
static int64_t mean(int64_t sum, int64_t count, int64_t if_none)
{
    return count == 0 ? if_none : (sum + count / 2) / count;
}

/* part / whole in millionths, rounded down. */
static int64_t share(int64_t part, int64_t whole, int64_t if_none)
{
    return whole == 0 ? if_none : (int64_t)((__int128)part * MILLIONTHS / whole);
}

/* The whole part of a square root, bit by bit: the same on every machine. */
static int64_t square_root(__int128 square)
{
    uint64_t root = 0;
    for (uint64_t bit = 1ULL << 62; bit > 0; bit >>= 1)
        if ((unsigned __int128)(root | bit) * (root | bit) <= (unsigned __int128)square)
            root |= bit;
    return (int64_t)root;
}

/* Standard deviation of `count` values: √(n·Σx² − (Σx)²) / n. */
static int64_t stress_spread(const struct emotion_tile *felt)
{
    __int128 count = felt->event_count, sum = felt->stress_sum;
    __int128 scaled = count * felt->stress_square_sum - sum * sum;
    return count == 0 ? 0 : square_root(scaled) / felt->event_count;
}

/* The same in cents; tiles hold the squares of whole units of currency (event.h), so this is
 * true to about a unit, and can come out below zero where all values are alike. */
static int64_t payment_spread(const struct transaction_tile *paid)
{
    __int128 count = paid->count, sum = paid->sum_cents;
    __int128 scaled = count * paid->square_sum * (CENTS * CENTS) - sum * sum;
    return count == 0 || scaled < 0 ? 0 : square_root(scaled) / paid->count;
}

static int64_t days_since_transaction(const struct person_tiles *tiles, int64_t now_us)
{
    int64_t latest_us = now_us - window_days[TRANSACTION_WINDOW_MAX] * DAY_US;
    for (size_t i = 0; i < tiles->transaction_count; i++) {
        int64_t day_us = tiles->transactions[i].day_us;
        if (day_us > latest_us && day_us <= now_us)
            latest_us = day_us;
    }
    assert(latest_us <= now_us);
    return (now_us - latest_us) / DAY_US;
}

static int64_t account_age_days(const struct person_tiles *tiles, int64_t now_us)
{
    int64_t age_us = now_us - tiles->registered_us;
    return age_us < 0 ? 0 : age_us / DAY_US;
}

struct features features_compute(const struct person_tiles *tiles, int64_t now_us)
{
    const struct emotion_tile felt_24h = person_tiles_emotions(tiles, WINDOW_24H, now_us);
    const struct emotion_tile felt_7d = person_tiles_emotions(tiles, WINDOW_7D, now_us);
    const struct emotion_tile felt_30d = person_tiles_emotions(tiles, WINDOW_30D, now_us);
    const struct transaction_tile paid_7d = person_tiles_transactions(tiles, WINDOW_7D, now_us);
    const struct transaction_tile paid_30d = person_tiles_transactions(tiles, WINDOW_30D, now_us);
    const struct transaction_tile paid_90d = person_tiles_transactions(tiles, WINDOW_90D, now_us);
    struct features features;
#define FEATURE(name, unit, group, family, direction, formula, words, portuguese)                  \
    features.values[FEATURE_##name] = formula;
#include "domain/features.def"
#undef FEATURE
    return features;
}

struct features features_empty(void)
{
    static const struct person_tiles nothing;
    return features_compute(&nothing, 0);
}

struct features features_without_emotions(const struct features *features)
{
    struct features without = features_empty();
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (feature_definitions[i].group == GROUP_FINANCIAL)
            without.values[i] = features->values[i];
    return without;
}

bool features_emotions_known(const struct features *features)
{
    return features->values[FEATURE_emotion_count_7d] > 0;
}

int64_t features_period_us(int64_t now_us)
{
    return event_hour_us(now_us);
}
