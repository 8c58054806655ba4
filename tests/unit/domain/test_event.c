/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/event.h"

#include "../unit.h"

static const struct uuid user = {{1}}, other_user = {{2}};
static const struct event_origin here = {.stream = STREAM_EMOTIONS,
                                         .message_id = {"m", 1},
                                         .stream_created_us = 1000,
                                         .sequence = 7,
                                         .published_us = 5000};

static bool same(struct hash a, struct hash b)
{
    return hash_compare(&a, &b) == 0;
}

static struct hash key(struct event_origin origin, const struct uuid *user_id, const char *event_id,
                       const char *payload)
{
    return event_key(&origin, IDS_OF_PRODUCERS, user_id, slice_of(event_id), slice_of(payload));
}

static void an_event_id_alone_decides_for_its_person_and_stream(void **state)
{
    (void)state;
    struct event_origin elsewhere = {.stream = STREAM_EMOTIONS, .sequence = 99};
    struct event_origin other_stream = here;
    other_stream.stream = STREAM_TRANSACTIONS;
    assert_true(same(key(here, &user, "e", "p"), key(elsewhere, &user, "e", "q")));
    assert_false(same(key(here, &user, "e", "p"), key(here, &user, "f", "p")));
    assert_false(same(key(here, &user, "e", "p"), key(here, &other_user, "e", "p")));
    assert_false(same(key(here, &user, "e", "p"), key(other_stream, &user, "e", "p")));
}

/* Else a person could take the id of a payment before the bank reports it. */
static void ids_of_a_person_and_of_producers_are_apart(void **state)
{
    (void)state;
    struct hash of_producers = key(here, &user, "e", "p");
    struct hash of_person = event_key(&here, IDS_OF_PERSON, &user, slice_of("e"), slice_of("p"));
    assert_false(same(of_producers, of_person));
}

static void else_the_message_id_decides(void **state)
{
    (void)state;
    struct event_origin again = here;
    again.sequence = 8;
    struct event_origin other = here;
    other.message_id = slice_of("n");
    assert_true(same(key(here, &user, "", "p"), key(again, &user, "", "p")));
    assert_false(same(key(here, &user, "", "p"), key(other, &user, "", "p")));
    assert_false(same(key(here, &user, "", "p"), key(here, &user, "m", "p")));
}

/* A stream that lost its tail gives a number out twice; times and payload tell apart. */
static void else_the_place_decides(void **state)
{
    (void)state;
    struct event_origin bare = here;
    bare.message_id = slice_of("");
    struct event_origin redelivered = bare;
    struct event_origin overwritten = bare;
    overwritten.published_us++;
    struct event_origin next = bare;
    next.sequence++;
    struct event_origin anew = bare;
    anew.stream_created_us++;
    assert_true(same(key(bare, &user, "", "p"), key(redelivered, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(overwritten, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(next, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(anew, &user, "", "p")));
    assert_false(same(key(bare, &user, "", "p"), key(bare, &user, "", "q")));
}

/* What was stored before the time belonged to the place keeps the key that it had. */
static void an_early_place_has_no_time(void **state)
{
    (void)state;
    struct event_origin early = here;
    early.message_id = slice_of("");
    early.untimed = true;
    char text[HASH_TEXT_SIZE];
    struct hash hash = key(early, &user, "", "p");
    hash_format(&hash, text);
    assert_string_equal(text, "b508c8bf9a19999ebb2bcc3c9b6499e4");
    early.published_us++;
    struct hash other = key(early, &user, "", "p");
    assert_true(same(hash, other));
}

static void streams_have_names_and_subjects(void **state)
{
    (void)state;
    assert_string_equal(stream_name(STREAM_EMOTIONS), "emotions");
    assert_string_equal(stream_subject(STREAM_EMOTIONS), "user.emotions.topic");
    assert_string_equal(stream_subject(STREAM_TRANSACTIONS), "transactions.topic");
    assert_string_equal(stream_name(STREAM_DEAD_LETTERS), "dead-letter");
}

enum { EVENTS = 200, ORDERS = 50 };

static struct emotion_event random_event(void)
{
    return (struct emotion_event){.occurred_at_us = (int64_t)(unit_random() % (60000 * DAY_US)),
                                  .positivity = (int32_t)(unit_random() % (MILLIONTHS + 1)),
                                  .intensity = (int32_t)(unit_random() % (MILLIONTHS + 1)),
                                  .stress = (int32_t)(unit_random() % (MILLIONTHS + 1))};
}

static void an_hour_starts_at_its_first_microsecond(void **state)
{
    (void)state;
    assert_int_equal(event_hour_us(0), 0);
    assert_int_equal(event_hour_us(HOUR_US - 1), 0);
    assert_int_equal(event_hour_us(HOUR_US), HOUR_US);
    assert_int_equal(event_hour_us(25 * HOUR_US + 1), 25 * HOUR_US);
}

static void the_threshold_itself_is_stress(void **state)
{
    (void)state;
    struct emotion_event event = {.stress = STRESS_THRESHOLD_MILLIONTHS};
    assert_int_equal(emotion_tile_of(&event).stress_event_count, 1);
    event.stress--;
    assert_int_equal(emotion_tile_of(&event).stress_event_count, 0);
}

static void an_empty_tile_is_neutral(void **state)
{
    (void)state;
    struct emotion_event event = {.occurred_at_us = HOUR_US + 5, .stress = 300000};
    struct emotion_tile tile = emotion_tile_of(&event), merged = {.hour_us = HOUR_US};
    const struct emotion_tile empty = {.hour_us = 7};
    emotion_tile_merge(&merged, &tile);
    assert_memory_equal(&merged, &tile, sizeof tile);
    emotion_tile_merge(&merged, &empty);
    assert_memory_equal(&merged, &tile, sizeof tile);
}

static void least_and_greatest_stress_are_kept(void **state)
{
    (void)state;
    static const int32_t stresses[] = {500000, 200000, 900000, 300000};
    struct emotion_tile merged = {0};
    for (size_t i = 0; i < 4; i++) {
        struct emotion_event event = {.stress = stresses[i], .positivity = 1, .intensity = 2};
        struct emotion_tile tile = emotion_tile_of(&event);
        emotion_tile_merge(&merged, &tile);
    }
    assert_int_equal(merged.stress_min, 200000);
    assert_int_equal(merged.stress_max, 900000);
    assert_int_equal(merged.stress_sum, 1900000);
    assert_int_equal(merged.positivity_sum, 4);
    assert_int_equal(merged.intensity_sum, 8);
    assert_int_equal(merged.stress_event_count, 1);
}

/* Folds tiles from `from` on, in a random tree. */
static struct emotion_tile fold(const struct emotion_tile *tiles, size_t count)
{
    struct emotion_tile merged = {0};
    if (count == 1) {
        emotion_tile_merge(&merged, tiles);
        return merged;
    }
    size_t split = 1 + unit_random() % (count - 1);
    struct emotion_tile left = fold(tiles, split), right = fold(tiles + split, count - split);
    emotion_tile_merge(&merged, &right);
    emotion_tile_merge(&merged, &left);
    return merged;
}

static void tiles_merge_in_any_order_to_the_same_bits(void **state)
{
    (void)state;
    struct emotion_tile tiles[EVENTS], wanted = {0};
    for (size_t i = 0; i < EVENTS; i++) {
        struct emotion_event event = random_event();
        tiles[i] = emotion_tile_of(&event);
        emotion_tile_merge(&wanted, &tiles[i]);
    }
    assert_int_equal(wanted.event_count, EVENTS);
    for (int order = 0; order < ORDERS; order++) {
        for (size_t i = EVENTS - 1; i > 0; i--) {
            size_t other = unit_random() % (i + 1);
            struct emotion_tile kept = tiles[i];
            tiles[i] = tiles[other];
            tiles[other] = kept;
        }
        struct emotion_tile merged = fold(tiles, EVENTS);
        assert_memory_equal(&merged, &wanted, sizeof wanted);
    }
}

static void the_largest_sums_fit(void **state)
{
    (void)state;
    struct emotion_event event = {.stress = MILLIONTHS};
    struct emotion_tile tile = emotion_tile_of(&event);
    assert_int_equal(tile.stress_square_sum, 1000000000000);
    int64_t sum;
    assert_false(__builtin_mul_overflow(tile.stress_square_sum, 9200000, &sum));
}

static void a_day_starts_at_its_first_microsecond(void **state)
{
    (void)state;
    assert_int_equal(event_day_us(0), 0);
    assert_int_equal(event_day_us(DAY_US - 1), 0);
    assert_int_equal(event_day_us(DAY_US), DAY_US);
}

static void money_in_is_counted_apart_too(void **state)
{
    (void)state;
    struct transaction_event event = {.amount_cents = 1250, .direction = TRANSACTION_IN};
    struct transaction_tile tile = transaction_tile_of(&event);
    assert_int_equal(tile.count, 1);
    assert_int_equal(tile.sum_cents, 1250);
    assert_int_equal(tile.in_count, 1);
    assert_int_equal(tile.in_sum_cents, 1250);
    event.direction = TRANSACTION_OUT;
    tile = transaction_tile_of(&event);
    assert_int_equal(tile.sum_cents, 1250);
    assert_int_equal(tile.in_count, 0);
    assert_int_equal(tile.in_sum_cents, 0);
}

static void squares_are_of_whole_units_and_capped(void **state)
{
    (void)state;
    struct transaction_event event = {.amount_cents = 1299};
    assert_int_equal(transaction_tile_of(&event).square_sum, 169);
    event.amount_cents = 1249;
    assert_int_equal(transaction_tile_of(&event).square_sum, 144);
    event.amount_cents = AMOUNT_CENTS_MAX;
    assert_int_equal(transaction_tile_of(&event).square_sum, 1000000000000);
    assert_int_equal(transaction_tile_of(&event).max_cents, AMOUNT_CENTS_MAX);
}

static void least_and_greatest_amount_are_kept(void **state)
{
    (void)state;
    static const int64_t amounts_cents[] = {500, 200, 900, 300};
    struct transaction_tile merged = {0};
    for (size_t i = 0; i < 4; i++) {
        struct transaction_event event = {.amount_cents = amounts_cents[i]};
        struct transaction_tile tile = transaction_tile_of(&event);
        transaction_tile_merge(&merged, &tile);
    }
    assert_int_equal(merged.min_cents, 200);
    assert_int_equal(merged.max_cents, 900);
    assert_int_equal(merged.sum_cents, 1900);
    assert_int_equal(merged.square_sum, 25 + 4 + 81 + 9);
}

static void daily_tiles_merge_in_any_order_too(void **state)
{
    (void)state;
    struct transaction_tile tiles[EVENTS], wanted = {0};
    for (size_t i = 0; i < EVENTS; i++) {
        struct transaction_event event = {
            .amount_cents = 1 + (int64_t)(unit_random() % AMOUNT_CENTS_MAX),
            .direction = unit_random() % 2 == 0 ? TRANSACTION_IN : TRANSACTION_OUT};
        tiles[i] = transaction_tile_of(&event);
        transaction_tile_merge(&wanted, &tiles[i]);
    }
    assert_int_equal(wanted.count, EVENTS);
    for (int order = 0; order < ORDERS; order++) {
        for (size_t i = EVENTS - 1; i > 0; i--) {
            size_t other = unit_random() % (i + 1);
            struct transaction_tile kept = tiles[i];
            tiles[i] = tiles[other];
            tiles[other] = kept;
        }
        struct transaction_tile merged = {0}, halves[2] = {{0}, {0}};
        for (size_t i = 0; i < EVENTS; i++)
            transaction_tile_merge(&halves[i % 2], &tiles[i]);
        transaction_tile_merge(&merged, &halves[1]);
        transaction_tile_merge(&merged, &halves[0]);
        transaction_tile_merge(&merged, &(struct transaction_tile){0});
        assert_memory_equal(&merged, &wanted, sizeof wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_id_alone_decides_for_its_person_and_stream),
        cmocka_unit_test(ids_of_a_person_and_of_producers_are_apart),
        cmocka_unit_test(else_the_message_id_decides),
        cmocka_unit_test(else_the_place_decides),
        cmocka_unit_test(an_early_place_has_no_time),
        cmocka_unit_test(streams_have_names_and_subjects),
        cmocka_unit_test(an_hour_starts_at_its_first_microsecond),
        cmocka_unit_test(the_threshold_itself_is_stress),
        cmocka_unit_test(an_empty_tile_is_neutral),
        cmocka_unit_test(least_and_greatest_stress_are_kept),
        cmocka_unit_test(tiles_merge_in_any_order_to_the_same_bits),
        cmocka_unit_test(the_largest_sums_fit),
        cmocka_unit_test(a_day_starts_at_its_first_microsecond),
        cmocka_unit_test(money_in_is_counted_apart_too),
        cmocka_unit_test(squares_are_of_whole_units_and_capped),
        cmocka_unit_test(least_and_greatest_amount_are_kept),
        cmocka_unit_test(daily_tiles_merge_in_any_order_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
