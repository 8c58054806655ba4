/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population.h"

#include <stdio.h>

#include "../unit.h"
#include "limits.h"
#include "simulation/life.h"

enum { PEOPLE = 300, DAY = 20400, DAYS = 30 };

static void the_same_seed_gives_the_same_days(void **state)
{
    (void)state;
    struct simulated_event one[POPULATION_DAY_EVENTS_MAX], other[POPULATION_DAY_EVENTS_MAX];
    struct simulated_person person = population_person(7, 3), again = population_person(7, 3);
    struct simulated_person stranger = population_person(8, 3);
    size_t count = population_day(&person, DAY, one);
    assert_int_equal(population_day(&again, DAY, other), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(one[i].at_us, other[i].at_us);
        assert_int_equal(one[i].stress, other[i].stress);
        assert_int_equal(one[i].amount_cents, other[i].amount_cents);
    }
    assert_true(population_day(&stranger, DAY, other) != count || other[0].at_us != one[0].at_us);
    assert_true(population_day(&person, DAY + 1, other) != count ||
                other[0].at_us - one[0].at_us != DAY_US);
}

static void check_event(const struct simulated_event *event)
{
    if (event->is_payment) {
        assert_true(event->amount_cents > 0 && event->amount_cents <= AMOUNT_CENTS_MAX);
        assert_non_null(event->category);
    } else {
        assert_non_null(event->feeling);
        const int32_t values[] = {event->positivity, event->intensity, event->stress};
        for (size_t i = 0; i < 3; i++)
            assert_true(values[i] >= 0 && values[i] <= MILLIONTHS);
    }
}

static void days_are_in_order_and_in_range(void **state)
{
    (void)state;
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    size_t feelings = 0, payments = 0, incomes = 0;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        for (int64_t day = DAY; day < DAY + DAYS; day++) {
            size_t count = population_day(&person, day, events);
            assert_true(count > 0 && count <= POPULATION_DAY_EVENTS_MAX);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(events[i].at_us / DAY_US, day);
                assert_true(i == 0 || events[i - 1].at_us <= events[i].at_us);
                check_event(&events[i]);
                feelings += !events[i].is_payment;
                payments += events[i].is_payment && !events[i].is_income;
                incomes += events[i].is_income;
            }
        }
    }
    assert_true(feelings > PEOPLE * DAYS * 15 / 2 && feelings < PEOPLE * DAYS * 17 / 2);
    assert_true(payments > PEOPLE * DAYS * 2 && payments < PEOPLE * DAYS * 4);
    /* Once in 30 days, but for those who lost their work. */
    assert_true(incomes > PEOPLE * 95 / 100 && incomes < PEOPLE);
}

/* Days drawn one after the other, and each of them again, last to first, for itself. */
static void a_day_alone_is_the_day_in_sequence(void **state)
{
    (void)state;
    static struct simulated_event drawn[DAYS][POPULATION_DAY_EVENTS_MAX];
    struct simulated_event alone[POPULATION_DAY_EVENTS_MAX];
    size_t counts[DAYS];
    for (uint32_t number = 0; number < 20; number++) {
        struct simulated_person person = population_person(3, number);
        memset(drawn, 0, sizeof drawn);
        for (int i = 0; i < DAYS; i++)
            counts[i] = population_day(&person, DAY + i, drawn[i]);
        for (int i = DAYS - 1; i >= 0; i--) {
            struct simulated_person again = population_person(3, number);
            memset(alone, 0, sizeof alone);
            assert_int_equal(population_day(&again, DAY + i, alone), counts[i]);
            assert_memory_equal(alone, drawn[i], counts[i] * sizeof alone[0]);
        }
    }
}

/* What a person pays in a month is what life_money() says, give or take chance. */
static void a_month_of_payments_is_the_month_s_spending(void **state)
{
    (void)state;
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    int64_t paid = 0, meant = 0;
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        int64_t month = life_month(&person, DAY), first = life_month_day(&person, month);
        bool silent = false;
        for (int64_t day = first; day < first + LIFE_MONTH_DAYS; day++)
            silent |= life_is_silent(&person, day);
        if (silent)
            continue;
        meant += life_money(&person, month).spending_cents;
        for (int64_t day = first; day < first + LIFE_MONTH_DAYS; day++) {
            size_t count = population_day(&person, day, events);
            for (size_t i = 0; i < count; i++)
                paid += events[i].is_payment && !events[i].is_income ? events[i].amount_cents : 0;
        }
    }
    assert_true(paid > meant * 96 / 100 && paid < meant * 104 / 100);
}

static void there_are_people_of_every_persona(void **state)
{
    (void)state;
    int counts[PERSONA_COUNT] = {0};
    for (uint32_t number = 0; number < PEOPLE; number++)
        counts[population_person(1, number).persona]++;
    for (int i = 0; i < PERSONA_COUNT; i++) {
        assert_true(counts[i] > PEOPLE / 10);
        assert_non_null(persona_name((enum persona)i));
    }
}

/* Stress events of 30 days, by persona: what the scorecard tells people apart by. */
static void the_stressed_have_more_stress(void **state)
{
    (void)state;
    int64_t stressful[PERSONA_COUNT] = {0}, people[PERSONA_COUNT] = {0};
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    for (uint32_t number = 0; number < PEOPLE; number++) {
        struct simulated_person person = population_person(1, number);
        people[person.persona]++;
        for (int64_t day = DAY; day < DAY + DAYS; day++) {
            size_t count = population_day(&person, day, events);
            for (size_t i = 0; i < count; i++)
                stressful[person.persona] +=
                    !events[i].is_payment && events[i].stress >= STRESS_THRESHOLD_MILLIONTHS;
        }
    }
    int64_t steady = stressful[PERSONA_steady] / people[PERSONA_steady];
    int64_t stressed = stressful[PERSONA_stressed] / people[PERSONA_stressed];
    assert_true(stressed > 3 * steady);
}

static void events_out_of_turn_differ(void **state)
{
    (void)state;
    struct simulated_person person = population_person(1, 2);
    int payments = 0;
    assert_false(life_is_silent(&person, DAY));
    for (uint64_t number = 0; number < 1000; number++) {
        struct simulated_event event = population_event(&person, DAY * DAY_US + 5, number);
        assert_int_equal(event.at_us, DAY * DAY_US + 5);
        check_event(&event);
        payments += event.is_payment;
    }
    assert_true(payments > 150 && payments < 450);
}

static void people_of_a_simulation_are_in_their_personas_group(void **state)
{
    static const char *const others[] = {
        "",
        "person-1-2@example.org",
        "person-1-2@example.com.br",
        "person-1-@example.com",
        "person--2@example.com",
        "person-1-2-3@example.com",
        "person-1-4294967296@example.com",
        "person-9223372036854775808-1@example.com",
        "person-99999999999999999999999999-1@example.com",
        "xperson-1-2@example.com",
        "person-1-2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(population_group(others[i]), PERSONA_COUNT);
    for (uint32_t number = 0; number < 100; number++) {
        char email[64];
        snprintf(email, sizeof email, "person-%u-%u@example.com", 7u, number);
        assert_int_equal(population_group(email), population_person(7, number).persona);
    }
    assert_string_equal(population_group_name(PERSONA_COUNT), "others");
    assert_int_equal(population_group("person-9223372036854775807-4294967295@example.com"),
                     population_person(INT64_MAX, UINT32_MAX).persona);
}

enum { KNOWN = 60 };

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
    for (uint32_t number = 0; number < KNOWN; number++) {
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
        cmocka_unit_test(the_same_seed_gives_the_same_days),
        cmocka_unit_test(days_are_in_order_and_in_range),
        cmocka_unit_test(a_day_alone_is_the_day_in_sequence),
        cmocka_unit_test(a_month_of_payments_is_the_month_s_spending),
        cmocka_unit_test(there_are_people_of_every_persona),
        cmocka_unit_test(the_stressed_have_more_stress),
        cmocka_unit_test(events_out_of_turn_differ),
        cmocka_unit_test(people_of_a_simulation_are_in_their_personas_group),
        cmocka_unit_test(they_are_what_a_store_would_have),
        cmocka_unit_test(the_moment_itself_is_included),
        cmocka_unit_test(what_was_in_the_tiles_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
