/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/transaction.h"

#include "../unit.h"

enum { EVENTS = 200, ORDERS = 50 };

static void a_day_starts_at_its_first_microsecond(void **state)
{
    (void)state;
    assert_int_equal(transaction_day_us(0), 0);
    assert_int_equal(transaction_day_us(DAY_US - 1), 0);
    assert_int_equal(transaction_day_us(DAY_US), DAY_US);
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

static void tiles_merge_in_any_order_to_the_same_bits(void **state)
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
        cmocka_unit_test(a_day_starts_at_its_first_microsecond),
        cmocka_unit_test(money_in_is_counted_apart_too),
        cmocka_unit_test(squares_are_of_whole_units_and_capped),
        cmocka_unit_test(least_and_greatest_amount_are_kept),
        cmocka_unit_test(tiles_merge_in_any_order_to_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
