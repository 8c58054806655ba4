/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/table.h"

#include "../synthetic.h"

static void folds_are_even_and_stratified(void **state)
{
    (void)state;
    enum { ROWS = 1003, FOLDS = 7 };
    static size_t rows[ROWS];
    static uint8_t folds[ROWS];
    static uint8_t again[ROWS];
    size_t sizes[FOLDS] = {0};
    size_t positives[FOLDS] = {0};
    struct table table;
    synthetic_table(&table, ROWS, 3, false, false);
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = i;
    size_t all = table_positives(&table, rows, ROWS);
    assert_int_equal(table_split_folds(&table, rows, ROWS, FOLDS, 1, folds), STATUS_OK);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(folds[i] < FOLDS);
        sizes[folds[i]]++;
        positives[folds[i]] += table.positives[i];
    }
    for (size_t i = 0; i < FOLDS; i++) {
        assert_in_range(sizes[i], ROWS / FOLDS, ROWS / FOLDS + 1);
        assert_in_range(positives[i], all / FOLDS, all / FOLDS + 1);
    }
    assert_int_equal(table_split_folds(&table, rows, ROWS, FOLDS, 1, again), STATUS_OK);
    assert_memory_equal(folds, again, sizeof folds);
    assert_int_equal(table_split_folds(&table, rows, ROWS, FOLDS, 2, again), STATUS_OK);
    assert_memory_not_equal(folds, again, sizeof folds);
    table_free(&table);
}

/* Every test row is later than every training row, even where many rows share a moment. */
static void the_last_rows_are_the_test(void **state)
{
    (void)state;
    enum { ROWS = 500 };
    static size_t order[ROWS];
    size_t train;
    struct table table;
    synthetic_table(&table, ROWS, 4, false, true);
    for (size_t i = 0; i < ROWS; i++)
        table.times_us[i] = (int64_t)(unit_random() % 40);
    table_split_by_time(&table, 0.25, order, &train);
    assert_in_range(train, ROWS * 65 / 100, ROWS * 75 / 100);
    for (size_t i = 1; i < ROWS; i++)
        assert_true(table.times_us[order[i - 1]] <= table.times_us[order[i]]);
    assert_true(table.times_us[order[train - 1]] < table.times_us[order[train]]);
    table_free(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_even_and_stratified),
        cmocka_unit_test(the_last_rows_are_the_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
