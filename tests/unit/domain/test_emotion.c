/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/emotion.h"

#include "../unit.h"

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
    assert_int_equal(emotion_hour_us(0), 0);
    assert_int_equal(emotion_hour_us(HOUR_US - 1), 0);
    assert_int_equal(emotion_hour_us(HOUR_US), HOUR_US);
    assert_int_equal(emotion_hour_us(25 * HOUR_US + 1), 25 * HOUR_US);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_starts_at_its_first_microsecond),
        cmocka_unit_test(the_threshold_itself_is_stress),
        cmocka_unit_test(an_empty_tile_is_neutral),
        cmocka_unit_test(least_and_greatest_stress_are_kept),
        cmocka_unit_test(tiles_merge_in_any_order_to_the_same_bits),
        cmocka_unit_test(the_largest_sums_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
