/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population_tiles.h"

#include "../unit.h"

enum { PEOPLE = 60, DAY = 20454 };

static struct person_tiles tiles, naive;

static void emotion_lay(const struct emotion_event *event, int64_t as_of_us)
{
    struct emotion_tile tile = emotion_tile_of(event);
    if (tile.hour_us < features_emotions_from_us(as_of_us))
        return;
    for (size_t i = 0; i < naive.emotion_count; i++)
        if (naive.emotions[i].hour_us == tile.hour_us) {
            emotion_tile_merge(&naive.emotions[i], &tile);
            return;
        }
    assert_true(naive.emotion_count < EMOTION_TILES_MAX);
    naive.emotions[naive.emotion_count++] = tile;
}

static void transaction_lay(const struct transaction_event *event, int64_t as_of_us)
{
    struct transaction_tile tile = transaction_tile_of(event);
    if (tile.day_us < features_transactions_from_us(as_of_us))
        return;
    for (size_t i = 0; i < naive.transaction_count; i++)
        if (naive.transactions[i].day_us == tile.day_us) {
            transaction_tile_merge(&naive.transactions[i], &tile);
            return;
        }
    assert_true(naive.transaction_count < TRANSACTION_TILES_MAX);
    naive.transactions[naive.transaction_count++] = tile;
}

/* As a store does: every event since long ago by itself, into the tile that has its hour or day. */
static void naive_tiles(const struct simulated_person *person, int64_t as_of_us)
{
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    naive = (struct person_tiles){.registered_us = person->registered_us};
    for (int64_t day = as_of_us / DAY_US - 100; day <= as_of_us / DAY_US + 1; day++) {
        size_t count = population_day(person, day, events);
        for (size_t i = 0; i < count; i++) {
            const struct simulated_event *event = &events[i];
            if (event->at_us > as_of_us)
                continue;
            if (event->is_payment)
                transaction_lay(
                    &(struct transaction_event){
                        .occurred_at_us = event->at_us,
                        .amount_cents = event->amount_cents,
                        .direction = event->is_income ? TRANSACTION_IN : TRANSACTION_OUT,
                    },
                    as_of_us);
            else
                emotion_lay(
                    &(struct emotion_event){
                        .occurred_at_us = event->at_us,
                        .positivity = event->positivity,
                        .intensity = event->intensity,
                        .stress = event->stress,
                    },
                    as_of_us);
        }
    }
}

static void check_tiles(const struct simulated_person *person, int64_t as_of_us)
{
    population_tiles(person, as_of_us, &tiles);
    naive_tiles(person, as_of_us);
    assert_int_equal(tiles.registered_us, naive.registered_us);
    assert_int_equal(tiles.emotion_count, naive.emotion_count);
    assert_int_equal(tiles.transaction_count, naive.transaction_count);
    assert_memory_equal(tiles.emotions, naive.emotions,
                        naive.emotion_count * sizeof naive.emotions[0]);
    assert_memory_equal(tiles.transactions, naive.transactions,
                        naive.transaction_count * sizeof naive.transactions[0]);
    struct features features = features_compute(&tiles, as_of_us);
    struct features expected = features_compute(&naive, as_of_us);
    assert_memory_equal(&features, &expected, sizeof features);
}

static void they_are_what_a_store_would_have(void **state)
{
    (void)state;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        int64_t day_us = (DAY + (int64_t)number) * DAY_US;
        check_tiles(&person, day_us);
        check_tiles(&person, day_us + 12 * HOUR_US);
        check_tiles(&person, day_us + DAY_US - 1);
        check_tiles(&person, day_us + (int64_t)(unit_random() % (uint64_t)DAY_US));
    }
}

/* An event of the very moment counts; a microsecond before it does not. */
static void the_moment_itself_is_included(void **state)
{
    (void)state;
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    struct simulated_person person = population_person(1, 1);
    size_t count = population_day(&person, DAY, events);
    for (size_t i = 0; i < count; i++) {
        population_tiles(&person, events[i].at_us, &tiles);
        struct features now = features_compute(&tiles, events[i].at_us);
        population_tiles(&person, events[i].at_us - 1, &tiles);
        struct features before = features_compute(&tiles, events[i].at_us - 1);
        enum feature counted =
            events[i].is_payment ? FEATURE_transaction_count_7d : FEATURE_emotion_count_7d;
        assert_true(now.values[counted] > before.values[counted]);
    }
}

static void what_was_in_the_tiles_is_gone(void **state)
{
    (void)state;
    struct simulated_person person = population_person(1, 1);
    memset(&tiles, 0x5a, sizeof tiles);
    check_tiles(&person, DAY * DAY_US);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_what_a_store_would_have),
        cmocka_unit_test(the_moment_itself_is_included),
        cmocka_unit_test(what_was_in_the_tiles_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
