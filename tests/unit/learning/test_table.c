/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../synthetic.h"
#include "../unit.h"

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

enum { ROWS = 400, NUMBER = 0, CATEGORY = 1, COLUMNS = 2, WARNINGS_SIZE = 2000 };

/* Of which neither column knows the outcome, and no row is there twice. */
static void table_make(struct table *table, double rows[ROWS][COLUMNS], uint8_t outcomes[ROWS])
{
    struct model_column number = {.name = "number", .kind = MODEL_NUMERIC};
    struct model_column category = {.name = "category", .kind = MODEL_CATEGORY};
    table_init(table);
    assert_int_equal(model_column_add_level(&category, "a", 1), STATUS_OK);
    assert_int_equal(model_column_add_level(&category, "b", 1), STATUS_OK);
    assert_int_equal(table_add_column(table, &number), STATUS_OK);
    assert_int_equal(table_add_column(table, &category), STATUS_OK);
    model_column_free(&category);
    for (size_t i = 0; i < ROWS; i++) {
        outcomes[i] = i % 3 == 0;
        rows[i][NUMBER] = (double)i;
        rows[i][CATEGORY] = (double)(i / 7 % 2);
    }
}

/* The caller frees what is returned. */
static char *doubts_of(struct table *table, double rows[ROWS][COLUMNS],
                       const uint8_t outcomes[ROWS])
{
    struct buf warnings;
    size_t lines[ROWS];
    buf_init(&warnings, WARNINGS_SIZE);
    for (size_t i = 0; i < ROWS; i++) {
        lines[i] = i + 2;
        assert_int_equal(table_add_row(table, rows[i], outcomes[i] != 0, 0), STATUS_OK);
    }
    assert_int_equal(table_doubts_tell(table, lines, &warnings), STATUS_OK);
    char *told = strdup(warnings.size > 0 ? buf_slice(&warnings).data : "");
    buf_free(&warnings);
    table_free(table);
    return told;
}

static void nothing_is_suspicious(void **state)
{
    (void)state;
    struct table table;
    double rows[ROWS][COLUMNS];
    uint8_t outcomes[ROWS];
    table_make(&table, rows, outcomes);
    char *told = doubts_of(&table, rows, outcomes);
    assert_string_equal(told, "");
    free(told);
}

/* Great values, small ones, missing ones, a level: each way that a column can know the outcome. */
static void a_column_that_knows_the_outcome(void **state)
{
    (void)state;
    static const char number[] = "column number alone tells the outcome, with an AUC of 1.000";
    static const char category[] = "column category alone tells the outcome, with an AUC of 1.000";
    for (int way = 0; way < 4; way++) {
        struct table table;
        double rows[ROWS][COLUMNS];
        uint8_t outcomes[ROWS];
        table_make(&table, rows, outcomes);
        for (size_t i = 0; i < ROWS; i++) {
            if (way == 3)
                rows[i][CATEGORY] = outcomes[i];
            else if (outcomes[i])
                rows[i][NUMBER] = way == 0 ? 1000.0 + (double)i : way == 1 ? -(double)i - 1 : NAN;
        }
        char *told = doubts_of(&table, rows, outcomes);
        assert_non_null(strstr(told, way == 3 ? category : number));
        assert_null(strstr(told, way == 3 ? number : category));
        free(told);
    }
}

static void rows_that_are_there_twice(void **state)
{
    (void)state;
    struct table table;
    double rows[ROWS][COLUMNS];
    uint8_t outcomes[ROWS];
    table_make(&table, rows, outcomes);
    for (size_t i = 100; i < 103; i++) {
        memcpy(rows[i], rows[10], sizeof rows[i]);
        outcomes[i] = outcomes[10];
    }
    memcpy(rows[200], rows[20], sizeof rows[200]); /* the outcome is another one */
    outcomes[200] = !outcomes[20];
    char *told = doubts_of(&table, rows, outcomes);
    assert_non_null(strstr(told, "3 rows repeat others in all that is used, the first of them "
                                 "line 102 (as line 12)"));
    free(told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_are_even_and_stratified),
        cmocka_unit_test(the_last_rows_are_the_test),
        cmocka_unit_test(nothing_is_suspicious),
        cmocka_unit_test(a_column_that_knows_the_outcome),
        cmocka_unit_test(rows_that_are_there_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
