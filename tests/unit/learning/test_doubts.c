/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/doubts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"

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
    assert_int_equal(doubts_tell(table, lines, &warnings), STATUS_OK);
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
        cmocka_unit_test(nothing_is_suspicious),
        cmocka_unit_test(a_column_that_knows_the_outcome),
        cmocka_unit_test(rows_that_are_there_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
