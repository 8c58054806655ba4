/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/features.h"

#include <stdlib.h>

#include "../unit.h"

enum { PEOPLE = 300, EVENTS_MAX = 400, DAYS = 45 };
static const int64_t noon_us = 1772366400LL * SECOND_US; /* 2026-03-01T12:00:00Z */
static const int days[WINDOW_COUNT] = {1, 7, 30};

/* The raw events of one person, from which the naive answers are counted. */
static struct {
    size_t count;
    struct emotion_event emotions[EVENTS_MAX];
    struct transaction_event transactions[EVENTS_MAX];
} raw;

static struct person_tiles tiles;

/* Adds to the tile of this hour, as a store does, leaving out what it would not read. */
static void emotion_lay(const struct emotion_event *event, int64_t now_us)
{
    struct emotion_tile tile = emotion_tile_of(event);
    if (tile.hour_us < features_emotions_from_us(now_us))
        return;
    for (size_t i = 0; i < tiles.emotion_count; i++)
        if (tiles.emotions[i].hour_us == tile.hour_us) {
            emotion_tile_merge(&tiles.emotions[i], &tile);
            return;
        }
    assert_true(tiles.emotion_count < EMOTION_TILES_MAX);
    tiles.emotions[tiles.emotion_count++] = tile;
}

static void transaction_lay(const struct transaction_event *event, int64_t now_us)
{
    struct transaction_tile tile = transaction_tile_of(event);
    if (tile.day_us < features_transactions_from_us(now_us))
        return;
    for (size_t i = 0; i < tiles.transaction_count; i++)
        if (tiles.transactions[i].day_us == tile.day_us) {
            transaction_tile_merge(&tiles.transactions[i], &tile);
            return;
        }
    assert_true(tiles.transaction_count < TRANSACTION_TILES_MAX);
    tiles.transactions[tiles.transaction_count++] = tile;
}

/* Times that lie near the edges of tiles and windows more often than not. */
static int64_t random_time_us(int64_t now_us)
{
    int64_t hours = (int64_t)(unit_random() % (DAYS * 24));
    int64_t time_us = emotion_hour_us(now_us) - hours * HOUR_US;
    if (unit_random() % 3 == 0)
        time_us = transaction_day_us(now_us) - days[unit_random() % WINDOW_COUNT] * DAY_US;
    switch (unit_random() % 4) {
    case 0:
        return time_us;
    case 1:
        return time_us - 1;
    case 2:
        return time_us + HOUR_US - 1;
    default:
        return time_us + (int64_t)(unit_random() % HOUR_US);
    }
}

static void person_make(int64_t now_us)
{
    raw.count = unit_random() % EVENTS_MAX;
    tiles.emotion_count = tiles.transaction_count = 0;
    for (size_t i = 0; i < raw.count; i++) {
        raw.emotions[i] = (struct emotion_event){
            .occurred_at_us = random_time_us(now_us),
            .positivity = (int32_t)(unit_random() % (MILLIONTHS + 1)),
            .stress = (int32_t)(STRESS_THRESHOLD_MILLIONTHS - 2 + unit_random() % 4)};
        raw.transactions[i] =
            (struct transaction_event){.occurred_at_us = random_time_us(now_us),
                                       .amount_cents = 1 + (int64_t)(unit_random() % 100000)};
        emotion_lay(&raw.emotions[i], now_us);
        transaction_lay(&raw.transactions[i], now_us);
    }
}

/* By the definition: the last 24·N hours that have begun, this one included. */
static bool emotion_is_within(int64_t time_us, enum window window, int64_t now_us)
{
    int64_t age_hours = now_us / HOUR_US - time_us / HOUR_US;
    return age_hours >= 0 && age_hours < days[window] * 24;
}

/* By the definition: the last N days that have begun, this one included. */
static bool transaction_is_within(int64_t time_us, enum window window, int64_t now_us)
{
    int64_t age_days = now_us / DAY_US - time_us / DAY_US;
    return age_days >= 0 && age_days < days[window];
}

static void windows_check(int64_t now_us)
{
    for (int i = 0; i < WINDOW_COUNT; i++) {
        enum window window = (enum window)i;
        struct emotion_tile felt = {0};
        struct transaction_tile spent = {0};
        for (size_t k = 0; k < raw.count; k++) {
            struct emotion_tile emotion = emotion_tile_of(&raw.emotions[k]);
            struct transaction_tile transaction = transaction_tile_of(&raw.transactions[k]);
            if (emotion_is_within(raw.emotions[k].occurred_at_us, window, now_us))
                emotion_tile_merge(&felt, &emotion);
            if (transaction_is_within(raw.transactions[k].occurred_at_us, window, now_us))
                transaction_tile_merge(&spent, &transaction);
        }
        struct emotion_tile emotions = emotion_window(&tiles, window, now_us);
        struct transaction_tile transactions = transaction_window(&tiles, window, now_us);
        felt.hour_us = emotions.hour_us;
        spent.day_us = transactions.day_us;
        assert_memory_equal(&emotions, &felt, sizeof felt);
        assert_memory_equal(&transactions, &spent, sizeof spent);
    }
}

/* The seed's four, counted from raw events without any tile. */
static void features_check(int64_t now_us)
{
    int64_t transactions = 0, cents = 0, feelings = 0, positivity = 0, stress_events = 0;
    for (size_t i = 0; i < raw.count; i++) {
        const struct emotion_event *emotion = &raw.emotions[i];
        if (transaction_is_within(raw.transactions[i].occurred_at_us, WINDOW_30D, now_us)) {
            transactions++;
            cents += raw.transactions[i].amount_cents;
        }
        if (emotion_is_within(emotion->occurred_at_us, WINDOW_7D, now_us)) {
            feelings++;
            positivity += emotion->positivity;
        }
        if (emotion_is_within(emotion->occurred_at_us, WINDOW_30D, now_us))
            stress_events += emotion->stress >= STRESS_THRESHOLD_MILLIONTHS;
    }
    struct features features = features_compute(&tiles, now_us);
    assert_int_equal(features.values[FEATURE_transaction_count_30d], transactions);
    assert_int_equal(features.values[FEATURE_avg_transaction_value_30d],
                     transactions == 0 ? 0 : (cents * 2 + transactions) / (transactions * 2));
    assert_int_equal(features.values[FEATURE_avg_positivity_7d],
                     feelings == 0 ? 500000 : (positivity * 2 + feelings) / (feelings * 2));
    assert_int_equal(features.values[FEATURE_stress_events_30d], stress_events);
}

static void tiles_tell_what_the_raw_events_tell(void **state)
{
    (void)state;
    for (int person = 0; person < PEOPLE; person++) {
        static const int64_t edges_us[] = {0, 1, HOUR_US - 1, 12 * HOUR_US - 1, 12 * HOUR_US};
        int64_t now_us = noon_us + edges_us[unit_random() % 5];
        if (person % 2 == 0)
            now_us += (int64_t)(unit_random() % (3 * DAY_US));
        person_make(now_us);
        windows_check(now_us);
        features_check(now_us);
    }
}

static void nobody_has_the_values_of_the_table(void **state)
{
    (void)state;
    tiles.emotion_count = tiles.transaction_count = 0;
    struct features features = features_compute(&tiles, noon_us);
    for (int i = 0; i < FEATURE_COUNT; i++)
        assert_int_equal(features.values[i], feature_definitions[i].empty);
    assert_int_equal(feature_definitions[FEATURE_avg_positivity_7d].empty, 500000);
}

static void an_event_of_the_next_hour_waits_for_it(void **state)
{
    (void)state;
    struct emotion_event event = {.occurred_at_us = noon_us + HOUR_US, .stress = MILLIONTHS};
    tiles.transaction_count = 0;
    tiles.emotion_count = 1;
    tiles.emotions[0] = emotion_tile_of(&event);
    struct features before = features_compute(&tiles, noon_us + HOUR_US - 1);
    struct features after = features_compute(&tiles, noon_us + HOUR_US);
    assert_int_equal(before.values[FEATURE_stress_events_30d], 0);
    assert_int_equal(after.values[FEATURE_stress_events_30d], 1);
}

static void within_a_period_features_stand_still(void **state)
{
    (void)state;
    person_make(noon_us);
    int64_t start_us = features_period_us(noon_us + 1234);
    assert_int_equal(start_us, noon_us);
    struct features first = features_compute(&tiles, start_us);
    struct features last = features_compute(&tiles, start_us + HOUR_US - 1);
    assert_memory_equal(&first, &last, sizeof first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_tell_what_the_raw_events_tell),
        cmocka_unit_test(nobody_has_the_values_of_the_table),
        cmocka_unit_test(an_event_of_the_next_hour_waits_for_it),
        cmocka_unit_test(within_a_period_features_stand_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
