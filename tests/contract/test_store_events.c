/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/events.h): events, each counted once, and the tiles they become.
 */
#include "store_fixture.h"

#include <stdlib.h>
#include <time.h>

#include "store/events.h"
#include "store/features.h"
#include "store/store.h"

/* Tiles computed again from raw rows by SQL: those that differ, or that one side lacks. */
#define EMOTION_TILES                                                                              \
    "SELECT user_id, hour, event_count, stress_event_count, positivity_sum, intensity_sum,"        \
    " stress_sum, stress_square_sum, stress_min, stress_max FROM emotion_tiles"
#define EMOTION_TILES_AGAIN(hour, stress)                                                          \
    "SELECT user_id, " hour ", count(*), sum(CASE WHEN stress >= 700000 THEN 1 ELSE 0 END),"       \
    " sum(positivity), sum(intensity), sum(stress), sum(" stress " * " stress "),"                 \
    " min(stress), max(stress) FROM emotion_events GROUP BY 1, 2"
#define TRANSACTION_TILES                                                                          \
    "SELECT user_id, day, count, sum_cents, square_sum, min_cents, max_cents, in_count,"           \
    " in_sum_cents FROM transaction_tiles"
/* Whole units, capped at a million, squared. */
#define TRANSACTION_TILES_AGAIN(day, least)                                                        \
    "SELECT user_id, " day ", count(*), sum(amount_cents),"                                        \
    " sum(" least "((amount_cents + 50) / 100, 1000000) * " least                                  \
    "((amount_cents + 50) / 100, 1000000)),"                                                       \
    " min(amount_cents), max(amount_cents), sum(direction),"                                       \
    " sum(amount_cents * direction) FROM transaction_events GROUP BY 1, 2"
#define DIFFERENCES(left, right)                                                                   \
    "SELECT count(*) FROM (SELECT * FROM (" left ") a EXCEPT " right ") b"

static void check_tiles(struct store_fixture *fixture)
{
#define EMOTIONS_SQLITE EMOTION_TILES_AGAIN("occurred_at - occurred_at % 3600000000", "stress")
#define EMOTIONS_POSTGRES                                                                          \
    EMOTION_TILES_AGAIN("date_trunc('hour', occurred_at, 'UTC')", "stress::bigint")
#define TRANSACTIONS_SQLITE                                                                        \
    TRANSACTION_TILES_AGAIN("occurred_at - occurred_at % 86400000000", "min")
#define TRANSACTIONS_POSTGRES                                                                      \
    TRANSACTION_TILES_AGAIN("date_trunc('day', occurred_at, 'UTC')", "least")
    static const char *const texts[2][4] = {
        {
            DIFFERENCES(EMOTION_TILES, EMOTIONS_SQLITE),
            DIFFERENCES(EMOTIONS_SQLITE, EMOTION_TILES),
            DIFFERENCES(TRANSACTION_TILES, TRANSACTIONS_SQLITE),
            DIFFERENCES(TRANSACTIONS_SQLITE, TRANSACTION_TILES),
        },
        {
            DIFFERENCES(EMOTION_TILES, EMOTIONS_POSTGRES),
            DIFFERENCES(EMOTIONS_POSTGRES, EMOTION_TILES),
            DIFFERENCES(TRANSACTION_TILES, TRANSACTIONS_POSTGRES),
            DIFFERENCES(TRANSACTIONS_POSTGRES, TRANSACTION_TILES),
        },
    };
    for (int i = 0; i < 4; i++)
        assert_int_equal(sql_number(fixture, texts[fixture->server != NULL][i]), 0);
}

static int64_t version_of(struct store *store, int person)
{
    static struct person_tiles tiles;
    struct uuid user_id = uuid_of(person);
    int64_t version = -1;
    assert_int_equal(tiles_read(store, &user_id, NOW_US, &version, &tiles), STATUS_OK);
    return version;
}

static enum event_result apply_one(struct store *store, const struct emotion_event *event)
{
    enum event_result result;
    assert_int_equal(store_emotions_apply(store, event, 1, &result), STATUS_OK);
    return result;
}

static void an_event_becomes_a_row_and_a_tile(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event event = feeling_of(1, 1, 10 * MINUTE_US);
    struct person_tiles tiles;
    int64_t version;
    persons_add(store, 1, 1);
    event.positivity = 100;
    event.intensity = 200;
    event.stress = STRESS_THRESHOLD_MILLIONTHS;
    assert_int_equal(apply_one(store, &event), EVENT_COUNTED);
    assert_int_equal(tiles_read(store, &event.user_id, NOW_US, &version, &tiles), STATUS_OK);
    assert_int_equal(version, 1);
    assert_int_equal(tiles.emotion_count, 1);
    assert_int_equal(tiles.transaction_count, 0);
    struct emotion_tile expected = emotion_tile_of(&event);
    assert_memory_equal(&tiles.emotions[0], &expected, sizeof expected);
    assert_int_equal(tiles.emotions[0].hour_us, NOW_US - 30 * MINUTE_US);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM emotion_events"
                                                   " WHERE event_id = 'event-1' AND type = 'joy'"
                                                   " AND trace_id = 'trace-1' AND positivity = 100"
                                                   " AND intensity = 200 AND stress = 700000"),
                     1);
    check_tiles(fixture_of(state));
}

static void a_payment_becomes_a_row_and_a_tile(void **state)
{
    struct store *store = store_of(state);
    struct transaction_event event = payment_of(1, 1, HOUR_US);
    struct person_tiles tiles;
    enum event_result result;
    int64_t version;
    persons_add(store, 1, 1);
    event.amount_cents = AMOUNT_CENTS_MAX;
    assert_int_equal(store_transactions_apply(store, &event, 1, &result), STATUS_OK);
    assert_int_equal(result, EVENT_COUNTED);
    assert_int_equal(tiles_read(store, &event.user_id, NOW_US, &version, &tiles), STATUS_OK);
    assert_int_equal(version, 1);
    assert_int_equal(tiles.emotion_count, 0);
    assert_int_equal(tiles.transaction_count, 1);
    struct transaction_tile expected = transaction_tile_of(&event);
    assert_memory_equal(&tiles.transactions[0], &expected, sizeof expected);
    assert_int_equal(sql_number(fixture_of(state),
                                "SELECT count(*) FROM transaction_events"
                                " WHERE transaction_id = 'payment-1' AND direction = 1"
                                " AND currency = 'EUR' AND category = 'food'"
                                " AND amount_cents = 9999999999 AND source = 'self'"),
                     1);
    check_tiles(fixture_of(state));
}

static void a_batch_may_be_empty_but_not_too_large(void **state)
{
    static struct emotion_event events[BUS_BATCH_MAX + 1];
    static enum event_result results[BUS_BATCH_MAX + 1];
    struct store *store = store_of(state);
    assert_int_equal(store_emotions_apply(store, events, 0, results), STATUS_OK);
    assert_int_equal(store_emotions_apply(store, events, BUS_BATCH_MAX + 1, results),
                     STATUS_INVALID);
    persons_add(store, 1, 40);
    for (int i = 0; i < BUS_BATCH_MAX; i++)
        events[i] = feeling_of(1 + i % 40, i + 1, i * MINUTE_US);
    assert_int_equal(store_emotions_apply(store, events, BUS_BATCH_MAX, results), STATUS_OK);
    for (int i = 0; i < BUS_BATCH_MAX; i++)
        assert_int_equal(results[i], EVENT_COUNTED);
    check_tiles(fixture_of(state));
}

static void counts_an_event_once(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event events[] = {feeling_of(1, 1, 0), feeling_of(1, 1, 0), feeling_of(1, 2, 0)};
    enum event_result results[3];
    persons_add(store, 1, 1);
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_COUNTED);
    assert_int_equal(results[1], EVENT_DUPLICATE);
    assert_int_equal(results[2], EVENT_COUNTED);
    assert_int_equal(version_of(store, 1), 1);
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_int_equal(results[i], EVENT_DUPLICATE);
    assert_int_equal(version_of(store, 1), 1);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM emotion_events"), 2);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM event_keys"), 2);
    check_tiles(fixture_of(state));
}

static void tells_a_reused_key_from_a_repetition(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event events[] = {feeling_of(1, 1, 0), feeling_of(1, 1, 0), feeling_of(2, 1, 0)};
    enum event_result results[3];
    persons_add(store, 1, 2);
    events[1].content = hash_of_number(77);
    events[1].stress = 5;
    events[2].content = hash_of_number(78);
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_COUNTED);
    assert_int_equal(results[1], EVENT_CONFLICTING);
    assert_int_equal(results[2], EVENT_CONFLICTING);
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_DUPLICATE);
    assert_int_equal(results[1], EVENT_CONFLICTING);
    assert_int_equal(results[2], EVENT_CONFLICTING);
    assert_int_equal(version_of(store, 2), 0);
    check_tiles(fixture_of(state));
}

static void counts_payments_once_and_apart_from_feelings(void **state)
{
    struct store *store = store_of(state);
    struct transaction_event events[] = {payment_of(1, 1, 0), payment_of(1, 1, 0),
                                         payment_of(1, 2, DAY_US), payment_of(9, 3, 0)};
    enum event_result results[4];
    persons_add(store, 1, 1);
    assert_int_equal(store_transactions_apply(store, events, 4, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_COUNTED);
    assert_int_equal(results[1], EVENT_DUPLICATE);
    assert_int_equal(results[2], EVENT_COUNTED);
    assert_int_equal(results[3], EVENT_UNKNOWN_USER);
    events[0].content = hash_of_number(50);
    assert_int_equal(store_transactions_apply(store, events, 4, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_CONFLICTING);
    assert_int_equal(results[2], EVENT_DUPLICATE);
    assert_int_equal(version_of(store, 1), 1);
    check_tiles(fixture_of(state));
}

static void passes_over_people_who_are_not_there(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event events[] = {feeling_of(9, 1, 0), feeling_of(1, 2, 0), feeling_of(8, 3, 0)};
    enum event_result results[3];
    persons_add(store, 1, 1);
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    assert_int_equal(results[0], EVENT_UNKNOWN_USER);
    assert_int_equal(results[1], EVENT_COUNTED);
    assert_int_equal(results[2], EVENT_UNKNOWN_USER);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM event_keys"), 1);
    /* Once they are there, their events count. */
    persons_add(store, 9, 1);
    assert_int_equal(apply_one(store, &events[0]), EVENT_COUNTED);
    check_tiles(fixture_of(state));
}

static void grows_the_version_of_those_only_who_changed(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event first = feeling_of(1, 1, 0);
    persons_add(store, 1, 3);
    assert_int_equal(apply_one(store, &first), EVENT_COUNTED);
    struct emotion_event events[] = {first, feeling_of(2, 2, 0), feeling_of(2, 3, DAY_US)};
    enum event_result results[3];
    assert_int_equal(store_emotions_apply(store, events, 3, results), STATUS_OK);
    assert_int_equal(version_of(store, 1), 1);
    assert_int_equal(version_of(store, 2), 1);
    assert_int_equal(version_of(store, 3), 0);
    struct transaction_event payment = payment_of(1, 4, 0);
    assert_int_equal(store_transactions_apply(store, &payment, 1, results), STATUS_OK);
    assert_int_equal(version_of(store, 1), 2);
    assert_int_equal(version_of(store, 2), 1);
}

static void late_events_land_in_their_own_tile(void **state)
{
    struct store *store = store_of(state);
    const int64_t ago_us[] = {0, 29 * DAY_US, 200 * DAY_US, 29 * DAY_US + MINUTE_US, 400 * DAY_US};
    struct person_tiles tiles;
    struct uuid user_id = uuid_of(1);
    int64_t version;
    persons_add(store, 1, 1);
    for (int i = 0; i < 5; i++) {
        struct emotion_event event = feeling_of(1, i + 1, ago_us[i]);
        assert_int_equal(apply_one(store, &event), EVENT_COUNTED);
    }
    assert_int_equal(tiles_read(store, &user_id, NOW_US, &version, &tiles), STATUS_OK);
    assert_int_equal(version, 5);
    assert_int_equal(tiles.emotion_count, 2);
    assert_int_equal(tiles.emotions[0].event_count, 2);
    assert_int_equal(tiles.emotions[0].hour_us, event_hour_us(NOW_US - 29 * DAY_US));
    assert_int_equal(tiles.emotions[1].hour_us, event_hour_us(NOW_US));
    check_tiles(fixture_of(state));
}

static void emotion_at(struct store *store, int number, int64_t occurred_at_us)
{
    struct emotion_event event = feeling_of(1, number, NOW_US - occurred_at_us);
    assert_int_equal(apply_one(store, &event), EVENT_COUNTED);
}

static void payment_at(struct store *store, int number, int64_t occurred_at_us)
{
    struct transaction_event event = payment_of(1, number, NOW_US - occurred_at_us);
    enum event_result result;
    assert_int_equal(store_transactions_apply(store, &event, 1, &result), STATUS_OK);
    assert_int_equal(result, EVENT_COUNTED);
}

static void reads_the_windows_and_no_more(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), nobody = uuid_of(2);
    int64_t hour_us = features_emotions_from_us(NOW_US);
    int64_t day_us = features_transactions_from_us(NOW_US);
    persons_add(store, 1, 1);
    emotion_at(store, 1, hour_us);
    emotion_at(store, 2, hour_us - 1);
    emotion_at(store, 3, event_hour_us(NOW_US) + HOUR_US - 1);
    emotion_at(store, 4, event_hour_us(NOW_US) + HOUR_US);
    payment_at(store, 5, day_us);
    payment_at(store, 6, day_us - 1);
    payment_at(store, 7, NOW_US);
    payment_at(store, 8, event_day_us(NOW_US) + DAY_US);
    struct person_tiles tiles;
    int64_t version;
    assert_int_equal(tiles_read(store, &user_id, NOW_US, &version, &tiles), STATUS_OK);
    assert_int_equal(version, 8);
    assert_int_equal(tiles.emotion_count, 2);
    assert_int_equal(tiles.emotions[0].hour_us, hour_us);
    assert_int_equal(tiles.emotions[1].hour_us, event_hour_us(NOW_US));
    assert_int_equal(tiles.transaction_count, 2);
    assert_int_equal(tiles.transactions[0].day_us, day_us);
    assert_int_equal(tiles.transactions[1].day_us, event_day_us(NOW_US));
    assert_int_equal(tiles_read(store, &nobody, NOW_US, &version, &tiles), STATUS_NOT_FOUND);
}

static void a_full_window_fits(void **state)
{
    enum { HOURS = 30 * 24, DAYS = 90 };
    static struct emotion_event feelings[HOURS];
    static struct transaction_event payments[DAYS];
    static enum event_result results[HOURS];
    static struct person_tiles tiles;
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1);
    int64_t version;
    persons_add(store, 1, 1);
    for (int i = 0; i < HOURS; i++)
        feelings[i] = feeling_of(1, i + 1, i * HOUR_US);
    for (int i = 0; i < DAYS; i++)
        payments[i] = payment_of(1, HOURS + i + 1, i * DAY_US);
    assert_int_equal(store_emotions_apply(store, feelings, HOURS, results), STATUS_OK);
    assert_int_equal(store_transactions_apply(store, payments, DAYS, results), STATUS_OK);
    assert_int_equal(tiles_read(store, &user_id, NOW_US, &version, &tiles), STATUS_OK);
    assert_int_equal(version, 2);
    assert_int_equal(tiles.emotion_count, HOURS);
    assert_int_equal(tiles.transaction_count, DAYS);
    for (int i = 1; i < HOURS; i++)
        assert_true(tiles.emotions[i].hour_us == tiles.emotions[i - 1].hour_us + HOUR_US);
    assert_int_equal(features_compute(&tiles, NOW_US).values[FEATURE_transaction_count_90d], DAYS);
}

static void a_refused_batch_leaves_nothing(void **state)
{
    struct store *store = store_of(state);
    struct emotion_event events[] = {feeling_of(1, 1, 0), feeling_of(1, 2, 0)};
    enum event_result results[2];
    persons_add(store, 1, 1);
    events[1].stress = MILLIONTHS + 1;
    assert_int_equal(store_emotions_apply(store, events, 2, results), STATUS_INVALID);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM event_keys"), 0);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM emotion_events"), 0);
    assert_int_equal(version_of(store, 1), 0);
    assert_int_equal(apply_one(store, &events[0]), EVENT_COUNTED);
    check_tiles(fixture_of(state));
}

/* Four workers apply the same 2,400 events of 30 people, each in an order and in batches of its
 * own, with every tenth of other content. */
enum { SAME_EVENTS = 2400, SAME_PERSONS = 30, SAME_WORKERS = 4, SAME_BATCH = 200 };

struct sums {
    pthread_mutex_t mutex;
    int of[EVENT_UNKNOWN_USER + 1];
    int failed;
};

static void apply_same(struct store *store, int number, void *context)
{
    struct sums *sums = context;
    struct emotion_event *events = calloc(SAME_BATCH, sizeof *events);
    enum event_result results[SAME_BATCH];
    /* Steps that have no factor in common with the count pass over all events. */
    static const int steps[SAME_WORKERS] = {1, 7, 1201, 2399};
    for (int first = 0; first < SAME_EVENTS; first += SAME_BATCH) {
        for (int i = 0; i < SAME_BATCH; i++) {
            int event = (first + i) * steps[number] % SAME_EVENTS;
            events[i] =
                feeling_of(1 + event % SAME_PERSONS, event + 1, event % 50 * 30 * MINUTE_US);
            if (event % 10 == 0 && number > 0)
                events[i].content = hash_of_number(10000 + number);
        }
        enum status status = store_emotions_apply(store, events, SAME_BATCH, results);
        pthread_mutex_lock(&sums->mutex);
        sums->failed += status != STATUS_OK;
        for (int i = 0; i < SAME_BATCH && status == STATUS_OK; i++)
            sums->of[results[i]]++;
        pthread_mutex_unlock(&sums->mutex);
    }
    free(events);
}

static void many_workers_count_each_event_once(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct sums sums = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    persons_add(fixture->store, 1, SAME_PERSONS);
    store_fixture_at_once(fixture, SAME_WORKERS, apply_same, &sums);
    assert_int_equal(sums.failed, 0);
    assert_int_equal(sums.of[EVENT_COUNTED], SAME_EVENTS);
    assert_int_equal(sums.of[EVENT_CONFLICTING], SAME_EVENTS / 10 * (SAME_WORKERS - 1));
    assert_int_equal(sums.of[EVENT_DUPLICATE], SAME_EVENTS * 9 / 10 * (SAME_WORKERS - 1));
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events"), SAME_EVENTS);
    assert_int_equal(sql_number(fixture, "SELECT sum(event_count) FROM emotion_tiles"),
                     SAME_EVENTS);
    check_tiles(fixture);
}

/* Feelings and payments of the same people at once, in opposite orders: no deadlock is left. */
static void apply_both(struct store *store, int number, void *context)
{
    enum { PERSONS = 50, ROUNDS = 20 };
    struct sums *sums = context;
    struct emotion_event feelings[PERSONS];
    struct transaction_event payments[PERSONS];
    enum event_result results[PERSONS];
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < PERSONS; i++) {
            int event = 1 + (round * 4 + number) * PERSONS + i;
            int person = number % 2 == 0 ? 1 + i : PERSONS - i;
            feelings[i] = feeling_of(person, event, round * HOUR_US);
            payments[i] = payment_of(person, event, round * HOUR_US);
        }
        enum status status = number < 2
                                 ? store_emotions_apply(store, feelings, PERSONS, results)
                                 : store_transactions_apply(store, payments, PERSONS, results);
        pthread_mutex_lock(&sums->mutex);
        sums->failed += status != STATUS_OK;
        pthread_mutex_unlock(&sums->mutex);
    }
}

static void feelings_and_payments_do_not_block_each_other(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct sums sums = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    persons_add(fixture->store, 1, 50);
    store_fixture_at_once(fixture, 4, apply_both, &sums);
    assert_int_equal(sums.failed, 0);
    assert_int_equal(sql_number(fixture, "SELECT sum(version) FROM feature_versions"), 4 * 20 * 50);
    check_tiles(fixture);
}

/* A database of a version before keeps the keys of what was stored until an hour from now. */
static void places_are_timed_from_the_upgrade_on(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct emotion_event event = feeling_of(1, 1, 0);
    int64_t since_us = -1, hour_ahead_us = (time(NULL) + 3600) * SECOND_US;
    int applied = 0;
    assert_int_equal(store_positions_timed_since(fixture->store, &since_us), STATUS_OK);
    assert_int_equal(since_us, 0);
    persons_add(fixture->store, 1, 1);
    assert_int_equal(apply_one(fixture->store, &event), EVENT_COUNTED);
    assert_true(sql_takes(fixture, "DROP TABLE event_positions"));
    assert_true(sql_takes(fixture, "DROP INDEX offers_waiting"));
    assert_true(sql_takes(fixture, "DELETE FROM schema_migrations WHERE name LIKE '%positions%'"));
    assert_int_equal(store_migrate(fixture->store, &applied), STATUS_OK);
    assert_int_equal(applied, 1);
    assert_int_equal(store_positions_timed_since(fixture->store, &since_us), STATUS_OK);
    assert_in_range(since_us, hour_ahead_us, hour_ahead_us + 5 * MINUTE_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_event_becomes_a_row_and_a_tile),
        STORE_TEST(a_payment_becomes_a_row_and_a_tile),
        STORE_TEST(a_batch_may_be_empty_but_not_too_large),
        STORE_TEST(counts_an_event_once),
        STORE_TEST(tells_a_reused_key_from_a_repetition),
        STORE_TEST(counts_payments_once_and_apart_from_feelings),
        STORE_TEST(passes_over_people_who_are_not_there),
        STORE_TEST(grows_the_version_of_those_only_who_changed),
        STORE_TEST(late_events_land_in_their_own_tile),
        STORE_TEST(reads_the_windows_and_no_more),
        STORE_TEST(a_full_window_fits),
        STORE_TEST(a_refused_batch_leaves_nothing),
        STORE_TEST(many_workers_count_each_event_once),
        STORE_TEST(feelings_and_payments_do_not_block_each_other),
        STORE_TEST(places_are_timed_from_the_upgrade_on),
    };
    return cmocka_run_group_tests_name("store_events", tests, store_server_start, store_server_end);
}
