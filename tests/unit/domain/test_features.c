/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/features.h"

#include <math.h>
#include <stdlib.h>

#include "../unit.h"

enum { PEOPLE = 300, EVENTS_MAX = 400, DAYS = 105 };
static const int64_t noon_us = 1772366400LL * SECOND_US; /* 2026-03-01T12:00:00Z */
static const int days[WINDOW_COUNT] = {1, 7, 30, 90};

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
    int64_t time_us = event_hour_us(now_us) - hours * HOUR_US;
    if (unit_random() % 3 == 0)
        time_us = event_day_us(now_us) - days[unit_random() % WINDOW_COUNT] * DAY_US;
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
            .intensity = (int32_t)(unit_random() % (MILLIONTHS + 1)),
            .stress = unit_random() % 2 == 0
                          ? (int32_t)(STRESS_THRESHOLD_MILLIONTHS - 2 + unit_random() % 4)
                          : (int32_t)(unit_random() % (MILLIONTHS + 1))};
        raw.transactions[i] = (struct transaction_event){
            .occurred_at_us = random_time_us(now_us),
            .amount_cents = 1 + (int64_t)(unit_random() % 100000),
            .direction = (enum transaction_direction)(unit_random() % 2)};
        emotion_lay(&raw.emotions[i], now_us);
        transaction_lay(&raw.transactions[i], now_us);
    }
}

/* By the definition: the last 24·N hours that have begun, this one included. */
static bool emotion_is_within(int64_t time_us, enum feature_window window, int64_t now_us)
{
    int64_t age_hours = now_us / HOUR_US - time_us / HOUR_US;
    return age_hours >= 0 && age_hours < days[window] * 24;
}

/* By the definition: the last N days that have begun, this one included. */
static bool transaction_is_within(int64_t time_us, enum feature_window window, int64_t now_us)
{
    int64_t age_days = now_us / DAY_US - time_us / DAY_US;
    return age_days >= 0 && age_days < days[window];
}

static void windows_check(int64_t now_us)
{
    for (int i = 0; i < WINDOW_COUNT; i++) {
        enum feature_window window = (enum feature_window)i;
        struct emotion_tile felt = {0};
        struct transaction_tile spent = {0};
        for (size_t k = 0; k < raw.count; k++) {
            struct emotion_tile emotion = emotion_tile_of(&raw.emotions[k]);
            struct transaction_tile transaction = transaction_tile_of(&raw.transactions[k]);
            if (window <= EMOTION_WINDOW_MAX &&
                emotion_is_within(raw.emotions[k].occurred_at_us, window, now_us))
                emotion_tile_merge(&felt, &emotion);
            if (transaction_is_within(raw.transactions[k].occurred_at_us, window, now_us))
                transaction_tile_merge(&spent, &transaction);
        }
        struct emotion_tile emotions = {0};
        if (window <= EMOTION_WINDOW_MAX)
            emotions = person_tiles_emotions(&tiles, window, now_us);
        struct transaction_tile transactions = person_tiles_transactions(&tiles, window, now_us);
        felt.hour_us = emotions.hour_us;
        spent.day_us = transactions.day_us;
        assert_memory_equal(&emotions, &felt, sizeof felt);
        assert_memory_equal(&transactions, &spent, sizeof spent);
    }
}

/* What happened within one window, counted from raw events without any tile. */
struct naive {
    int64_t feelings, positivity, intensity, stress, stress_events;
    int64_t payments, cents, in_cents, most_cents;
    double stress_squares, cent_squares;
};

static struct naive naive_of(enum feature_window window, int64_t now_us)
{
    struct naive naive = {0};
    for (size_t i = 0; i < raw.count; i++) {
        const struct emotion_event *felt = &raw.emotions[i];
        const struct transaction_event *paid = &raw.transactions[i];
        if (emotion_is_within(felt->occurred_at_us, window, now_us)) {
            naive.feelings++;
            naive.positivity += felt->positivity;
            naive.intensity += felt->intensity;
            naive.stress += felt->stress;
            naive.stress_squares += (double)felt->stress * felt->stress;
            naive.stress_events += felt->stress >= STRESS_THRESHOLD_MILLIONTHS;
        }
        if (transaction_is_within(paid->occurred_at_us, window, now_us)) {
            naive.payments++;
            naive.cents += paid->amount_cents;
            naive.cent_squares += (double)paid->amount_cents * (double)paid->amount_cents;
            naive.in_cents += paid->direction == TRANSACTION_IN ? paid->amount_cents : 0;
            if (paid->amount_cents > naive.most_cents)
                naive.most_cents = paid->amount_cents;
        }
    }
    return naive;
}

static int64_t half_up(int64_t sum, int64_t count, int64_t if_none)
{
    return count == 0 ? if_none : (2 * sum + count) / (2 * count);
}

static double spread(double squares, int64_t sum, int64_t count)
{
    double average = count == 0 ? 0 : (double)sum / (double)count;
    double variance = count == 0 ? 0 : squares / (double)count - average * average;
    return variance < 0 ? 0 : sqrt(variance);
}

#define assert_feature(name, expected) assert_int_equal(features.values[FEATURE_##name], (expected))
#define assert_feature_near(name, expected, tolerance)                                             \
    assert_float_equal((double)features.values[FEATURE_##name], (expected), (tolerance))

static void payments_check(const struct features *computed, int64_t now_us)
{
    struct features features = *computed;
    struct naive week = naive_of(WINDOW_7D, now_us), month = naive_of(WINDOW_30D, now_us);
    struct naive quarter = naive_of(WINDOW_90D, now_us);
    int64_t since_days = 90;
    for (size_t i = 0; i < raw.count; i++) {
        int64_t age_days = now_us / DAY_US - raw.transactions[i].occurred_at_us / DAY_US;
        if (age_days >= 0 && age_days < since_days)
            since_days = age_days;
    }
    assert_feature(transaction_count_7d, week.payments);
    assert_feature(transaction_count_30d, month.payments);
    assert_feature(transaction_count_90d, quarter.payments);
    assert_feature(transaction_sum_30d, month.cents);
    assert_feature(avg_transaction_value_30d, half_up(month.cents, month.payments, 0));
    assert_feature(avg_transaction_value_90d, half_up(quarter.cents, quarter.payments, 0));
    assert_feature(largest_transaction_30d, month.most_cents);
    assert_feature(largest_transaction_90d, quarter.most_cents);
    assert_feature(money_in_30d, month.in_cents);
    assert_feature(money_in_90d, quarter.in_cents);
    assert_feature(money_out_7d, week.cents - week.in_cents);
    assert_feature(money_out_30d, month.cents - month.in_cents);
    assert_feature(money_out_90d, quarter.cents - quarter.in_cents);
    assert_feature(outgoings_share_90d, quarter.cents == 0 ? 500000
                                                           : (quarter.cents - quarter.in_cents) *
                                                                 MILLIONTHS / quarter.cents);
    assert_feature(days_since_transaction, since_days);
    /* Tiles know squares of whole units alone. */
    double far = spread(month.cent_squares, month.cents, month.payments);
    assert_feature_near(transaction_spread_30d, far, far > 20000 ? 100 : 20000);
    assert_feature(account_age_days, (now_us - tiles.registered_us) / DAY_US);
}

static void feelings_check(const struct features *computed, int64_t now_us)
{
    struct features features = *computed;
    struct naive day = naive_of(WINDOW_24H, now_us), week = naive_of(WINDOW_7D, now_us);
    struct naive month = naive_of(WINDOW_30D, now_us);
    int64_t week_mood = half_up(week.positivity, week.feelings, 500000);
    int64_t month_mood = half_up(month.positivity, month.feelings, 500000);
    int64_t week_stress = half_up(week.stress, week.feelings, 500000);
    int64_t month_stress = half_up(month.stress, month.feelings, 500000);
    assert_feature(avg_positivity_24h, half_up(day.positivity, day.feelings, 500000));
    assert_feature(avg_positivity_7d, week_mood);
    assert_feature(avg_positivity_30d, month_mood);
    assert_feature(avg_intensity_7d, half_up(week.intensity, week.feelings, 500000));
    assert_feature(avg_intensity_30d, half_up(month.intensity, month.feelings, 500000));
    assert_feature(avg_stress_24h, half_up(day.stress, day.feelings, 500000));
    assert_feature(avg_stress_7d, week_stress);
    assert_feature(avg_stress_30d, month_stress);
    assert_feature_near(stress_spread_7d, spread(week.stress_squares, week.stress, week.feelings),
                        2);
    assert_feature_near(stress_spread_30d,
                        spread(month.stress_squares, month.stress, month.feelings), 2);
    assert_feature(emotion_count_7d, week.feelings);
    assert_feature(emotion_count_30d, month.feelings);
    assert_feature(stress_events_7d, week.stress_events);
    assert_feature(stress_events_30d, month.stress_events);
    assert_feature(positivity_trend, week_mood - month_mood);
    assert_feature(stress_trend, week_stress - month_stress);
    assert_int_equal(features_emotions_known(&features), week.feelings > 0);
}

static void features_check(int64_t now_us)
{
    tiles.registered_us = now_us - (int64_t)(unit_random() % (400 * (uint64_t)DAY_US));
    struct features features = features_compute(&tiles, now_us);
    payments_check(&features, now_us);
    feelings_check(&features, now_us);
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

static void of_nobody_nothing_is_known(void **state)
{
    (void)state;
    struct features features = features_empty();
    assert_feature(avg_positivity_7d, 500000);
    assert_feature(avg_stress_24h, 500000);
    assert_feature(outgoings_share_90d, 500000);
    assert_feature(days_since_transaction, 90);
    assert_feature(transaction_count_30d, 0);
    assert_feature(stress_trend, 0);
    assert_false(features_emotions_known(&features));
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
        cmocka_unit_test(of_nobody_nothing_is_known),
        cmocka_unit_test(an_event_of_the_next_hour_waits_for_it),
        cmocka_unit_test(within_a_period_features_stand_still),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
