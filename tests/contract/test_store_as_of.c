/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/features.h): tells what was known of a person at a moment, neither
 * what happened later nor what was heard of later.
 */
#include "../unit/unit.h"
#include "adapters/clock.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/features.h"
#include "store_fixture.h"

enum { EVENTS = 180, MOMENTS = 25, SPAN_DAYS = 100 };

static struct emotion_event feelings[EVENTS];
static struct transaction_event payments[EVENTS];
static enum event_result results[EVENTS];

/* Happened some time in the last hundred days, heard of at once, within an hour, or days later. */
static void times_draw(int64_t *occurred_at_us, int64_t *received_at_us)
{
    static const int64_t delays_us[] = {1, HOUR_US, 5 * DAY_US, 40 * DAY_US};
    *occurred_at_us = NOW_US - (int64_t)(unit_random() % (SPAN_DAYS * (uint64_t)DAY_US));
    *received_at_us =
        *occurred_at_us + (int64_t)(unit_random() % (uint64_t)delays_us[unit_random() % 4]);
}

/* They are counted now, and it is put down that they were when they were received. */
static void events_store(struct store_fixture *fixture)
{
    struct store *store = fixture->store;
    persons_add(store, 1, 2);
    for (int i = 0; i < EVENTS; i++) {
        feelings[i] = feeling_of(1 + i % 2, i + 1, 0);
        payments[i] = payment_of(1 + i % 2, EVENTS + i + 1, 0);
        payments[i].amount_cents = 1 + (int64_t)(unit_random() % 500000);
        times_draw(&feelings[i].occurred_at_us, &feelings[i].received_at_us);
        times_draw(&payments[i].occurred_at_us, &payments[i].received_at_us);
    }
    assert_int_equal(store_emotions_apply(store, feelings, EVENTS, results), STATUS_OK);
    assert_int_equal(store_transactions_apply(store, payments, EVENTS, results), STATUS_OK);
    assert_true(sql_takes(fixture, "UPDATE emotion_events SET folded_at = received_at"));
    assert_true(sql_takes(fixture, "UPDATE transaction_events SET folded_at = received_at"));
}

/* One tile for each event: a window merges them to the same sums. */
static struct person_tiles *naive_tiles(const struct uuid *user_id, int64_t as_of_us)
{
    static struct person_tiles tiles;
    tiles.emotion_count = tiles.transaction_count = 0;
    for (int i = 0; i < EVENTS; i++) {
        const struct emotion_event *felt = &feelings[i];
        const struct transaction_event *paid = &payments[i];
        if (uuid_equal(&felt->user_id, user_id) && felt->occurred_at_us <= as_of_us &&
            felt->received_at_us <= as_of_us)
            tiles.emotions[tiles.emotion_count++] = emotion_tile_of(felt);
        if (uuid_equal(&paid->user_id, user_id) && paid->occurred_at_us <= as_of_us &&
            paid->received_at_us <= as_of_us &&
            paid->occurred_at_us >= features_transactions_from_us(as_of_us) &&
            tiles.transaction_count < TRANSACTION_TILES_MAX)
            tiles.transactions[tiles.transaction_count++] = transaction_tile_of(paid);
    }
    assert_true(tiles.transaction_count < TRANSACTION_TILES_MAX);
    return &tiles;
}

static void nothing_later_is_known(void **state)
{
    static struct person_tiles tiles;
    struct store *store = store_of(state);
    events_store(fixture_of(state));
    for (int i = 0; i < MOMENTS; i++) {
        struct uuid user_id = uuid_of(1 + i % 2);
        int64_t as_of_us = NOW_US - (int64_t)(unit_random() % (80 * (uint64_t)DAY_US));
        if (i % 5 == 0) /* the very moment at which something is heard of */
            as_of_us = feelings[i].received_at_us;
        enum status status = store_tiles_as_of(store, &user_id, as_of_us, &tiles);
        if (status == STATUS_NOT_FOUND)
            continue; /* not registered yet */
        assert_int_equal(status, STATUS_OK);
        struct person_tiles *naive = naive_tiles(&user_id, as_of_us);
        naive->registered_us = tiles.registered_us;
        struct features known = features_compute(&tiles, features_period_us(as_of_us));
        struct features expected = features_compute(naive, features_period_us(as_of_us));
        assert_memory_equal(&known, &expected, sizeof known);
    }
}

/* When all has come in and nothing lies ahead, it is what the API sees. */
static void now_is_what_the_tiles_tell(void **state)
{
    static struct person_tiles as_of, tiles;
    struct store *store = store_of(state);
    int64_t version, late_us = NOW_US + 60 * DAY_US;
    events_store(fixture_of(state));
    for (int person = 1; person <= 2; person++) {
        struct uuid user_id = uuid_of(person);
        assert_int_equal(store_tiles_as_of(store, &user_id, late_us, &as_of), STATUS_OK);
        assert_int_equal(tiles_read(store, &user_id, late_us, &version, &tiles), STATUS_OK);
        struct features known = features_compute(&as_of, features_period_us(late_us));
        struct features seen = features_compute(&tiles, features_period_us(late_us));
        assert_memory_equal(&known, &seen, sizeof known);
    }
}

static int64_t feelings_known(struct store *store, int64_t as_of_us)
{
    static struct person_tiles tiles;
    struct uuid user_id = uuid_of(1);
    assert_int_equal(store_tiles_as_of(store, &user_id, as_of_us, &tiles), STATUS_OK);
    return tiles.emotion_count == 0 ? 0 : tiles.emotions[tiles.emotion_count - 1].event_count;
}

/* Received long ago, and counted only now: by the clock of the database, true to a millisecond. */
static void what_waits_to_be_counted_is_not_known(void **state)
{
    enum { EXACT_US = 2000 };
    struct store *store = store_of(state);
    enum event_result result;
    persons_add(store, 1, 1);
    int64_t before_us = clock_now_us(clock_system()) - EXACT_US;
    struct emotion_event event = feeling_of(1, 1, 0);
    event.occurred_at_us = event.received_at_us = before_us - DAY_US;
    assert_int_equal(store_emotions_apply(store, &event, 1, &result), STATUS_OK);
    int64_t after_us = clock_now_us(clock_system()) + EXACT_US;
    assert_int_equal(feelings_known(store, before_us), 0);
    assert_int_equal(feelings_known(store, after_us), 1);
    assert_true(sql_takes(fixture_of(state), "UPDATE emotion_events SET folded_at = NULL"));
    assert_int_equal(feelings_known(store, before_us - DAY_US - 1),
                     0); /* from before that was put down */
    assert_int_equal(feelings_known(store, before_us - DAY_US), 1);
}

/* Clocks differ: what is said to happen in a minute counts in the hour, and the day, that it is
 * said to happen in, as it does for a decision. */
static void what_lies_ahead_counts_in_its_own_tile(void **state)
{
    static struct person_tiles as_of, tiles;
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1);
    enum event_result result;
    int64_t hour_us = event_hour_us(NOW_US), version;
    persons_add(store, 1, 1);
    for (int i = 0; i < 2; i++) { /* at the end of this hour, and at the start of the next */
        struct emotion_event event = feeling_of(1, i + 1, 0);
        struct transaction_event payment = payment_of(1, i + 11, 0);
        event.occurred_at_us = payment.occurred_at_us = hour_us + HOUR_US - 1 + i;
        assert_int_equal(store_emotions_apply(store, &event, 1, &result), STATUS_OK);
        assert_int_equal(store_transactions_apply(store, &payment, 1, &result), STATUS_OK);
    }
    assert_true(sql_takes(fixture_of(state), "UPDATE emotion_events SET folded_at = received_at"));
    assert_true(
        sql_takes(fixture_of(state), "UPDATE transaction_events SET folded_at = received_at"));
    assert_int_equal(store_tiles_as_of(store, &user_id, NOW_US, &as_of), STATUS_OK);
    assert_int_equal(tiles_read(store, &user_id, hour_us, &version, &tiles), STATUS_OK);
    struct features known = features_compute(&as_of, features_period_us(NOW_US));
    struct features seen = features_compute(&tiles, features_period_us(NOW_US));
    assert_memory_equal(&known, &seen, sizeof known);
    assert_int_equal(known.values[FEATURE_emotion_count_7d], 1);
    assert_int_equal(known.values[FEATURE_transaction_count_7d], 2);
}

static void the_decision_of_a_moment_is_found(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), other = uuid_of(2);
    struct decision found;
    persons_add(store, 1, 2);
    struct decision first = decision_of(1, 1, true), last = decision_of(1, 2, false), stands;
    assert_int_equal(decision_record(store, &first, &no_key, &stands), STATUS_OK);
    assert_int_equal(decision_record(store, &last, &no_key, &stands), STATUS_OK);
    int64_t at_us = last.decided_at_us;
    assert_int_equal(store_decision_at(store, &user_id, at_us, &found), STATUS_OK);
    assert_true(uuid_equal(&found.id, &last.id));
    assert_memory_equal(&found.features, &last.features, sizeof found.features);
    assert_int_equal(store_decision_at(store, &user_id, at_us + 1, &found), STATUS_NOT_FOUND);
    assert_int_equal(store_decision_at(store, &user_id, at_us - 1, &found), STATUS_NOT_FOUND);
    assert_int_equal(store_decision_at(store, &other, at_us, &found), STATUS_NOT_FOUND);
}

static void people_come_page_by_page(void **state)
{
    struct store *store = store_of(state);
    struct uuid page[3], last = {{0}}, nobody = uuid_of(77);
    static struct person_tiles tiles;
    size_t count, all = 0;
    persons_add(store, 1, 7);
    do {
        assert_int_equal(store_people_scan(store, &last, NOW_US + DAY_US, page, 3, &count),
                         STATUS_OK);
        for (size_t i = 0; i < count; i++) {
            assert_true(memcmp(page[i].bytes, last.bytes, sizeof last.bytes) > 0);
            last = page[i];
        }
        all += count;
    } while (count > 0);
    assert_int_equal(all, 7);
    assert_int_equal(store_people_scan(store, &(struct uuid){{0}}, 0, page, 3, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_tiles_as_of(store, &nobody, NOW_US, &tiles), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(nothing_later_is_known),
        STORE_TEST(now_is_what_the_tiles_tell),
        STORE_TEST(what_waits_to_be_counted_is_not_known),
        STORE_TEST(what_lies_ahead_counts_in_its_own_tile),
        STORE_TEST(the_decision_of_a_moment_is_found),
        STORE_TEST(people_come_page_by_page),
    };
    return cmocka_run_group_tests_name("store_as_of", tests, store_server_start, store_server_end);
}
