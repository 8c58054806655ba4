/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/batch_size.h"

#include "../unit.h"
#include "limits.h"

/* The sizes of `rounds` full batches of a database that stores `rows_per_s`, and nothing that takes
 * longer than its time limit. Returns how many rows it has stored. */
static size_t rows_stored(struct batch_size *batch, size_t max, int64_t rows_per_s, int rounds)
{
    const int64_t limit_us = STORE_STATEMENT_MS * 1000LL;
    size_t stored = 0;
    for (int i = 0; i < rounds; i++) {
        size_t size = batch_size_next(batch, max);
        int64_t taken_us = (int64_t)size * SECOND_US / rows_per_s;
        bool good = taken_us < limit_us;
        assert_in_range(size, 1, max);
        batch_size_note(batch, size, good, good ? taken_us : limit_us);
        stored += good ? size : 0;
    }
    return stored;
}

static void quick_batches_grow_to_the_most(void **state)
{
    (void)state;
    struct batch_size batch = {0};
    assert_int_equal(batch_size_next(&batch, 3000), BATCH_FIRST);
    assert_int_equal(batch_size_next(&batch, 10), 10);
    rows_stored(&batch, 3000, 50000, 4);
    assert_int_equal(batch_size_next(&batch, 3000), 3000);
    rows_stored(&batch, BUS_BATCH_MAX, 50000, 20);
    assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), BUS_BATCH_MAX);
}

static void a_time_limit_halves_until_batches_are_stored(void **state)
{
    (void)state;
    for (int64_t rows_per_s = 1; rows_per_s < 2000; rows_per_s += 1 + rows_per_s / 10) {
        struct batch_size batch = {0};
        rows_stored(&batch, BUS_BATCH_MAX, 1000000, 10);
        rows_stored(&batch, BUS_BATCH_MAX, rows_per_s, 12);
        /* Now every batch is stored, and takes neither long nor all too short. */
        size_t size = batch_size_next(&batch, BUS_BATCH_MAX);
        assert_int_equal(rows_stored(&batch, BUS_BATCH_MAX, rows_per_s, 10), 10 * size);
        assert_in_range(size * SECOND_US / (size_t)rows_per_s, BATCH_SHORT_US, BATCH_LONG_US);
        assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), size);
    }
}

static void what_heals_gets_large_batches_again(void **state)
{
    (void)state;
    struct batch_size batch = {0};
    rows_stored(&batch, BUS_BATCH_MAX, 1, 20);
    assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), 1);
    rows_stored(&batch, BUS_BATCH_MAX, 50000, 12);
    assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), BUS_BATCH_MAX);
}

static void small_and_refused_batches_show_no_room(void **state)
{
    (void)state;
    struct batch_size batch = {0};
    batch_size_note(&batch, 1, true, 0);
    batch_size_note(&batch, BATCH_FIRST / 2, true, 0);
    batch_size_note(&batch, BATCH_FIRST, false, 0);
    assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), BATCH_FIRST);
    batch_size_note(&batch, 1, false, BATCH_LONG_US);
    assert_int_equal(batch_size_next(&batch, BUS_BATCH_MAX), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quick_batches_grow_to_the_most),
        cmocka_unit_test(a_time_limit_halves_until_batches_are_stored),
        cmocka_unit_test(what_heals_gets_large_batches_again),
        cmocka_unit_test(small_and_refused_batches_show_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
