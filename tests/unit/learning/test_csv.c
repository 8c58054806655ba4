/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"

enum { WARNINGS_SIZE = 2000 };
static const struct csv_options options = {"bad", "yes", NULL};

/* Parses a copy, which parsing writes over. */
static enum status parse(const char *text, size_t size, struct table *table, char *warnings,
                         char reason[REASON_MAX + 1])
{
    struct buf lines;
    char *copy = malloc(size + 1);
    memcpy(copy, text, size);
    buf_init(&lines, WARNINGS_SIZE);
    table_init(table);
    enum status status = csv_parse(copy, size, &options, table, &lines, reason);
    if (warnings != NULL)
        snprintf(warnings, WARNINGS_SIZE, "%s", buf_slice(&lines).data);
    buf_free(&lines);
    free(copy);
    return status;
}

static void values_are(const struct table *table, size_t column, const double expected[])
{
    for (size_t row = 0; row < table->row_count; row++) {
        double value = table_row(table, row)[column];
        if (isnan(expected[row]))
            assert_true(isnan(value));
        else
            assert_true(value == expected[row]);
    }
}

static void kinds_missing_values_and_quotes(void **state)
{
    (void)state;
    static const char text[] = "\xEF\xBB\xBF"
                               "age,\"the, job\",bad,wage,same\r\n"
                               "31,\"a \"\"b\"\"\",yes, 1.5e3 ,1\r\n"
                               "NA,c,no,?,1\r\n"
                               "\r\n"
                               "-4,,no,null,1\n"
                               "7,\"line\nend\",yes,.5,1";
    struct table table;
    char reason[REASON_MAX + 1];
    char warnings[WARNINGS_SIZE];
    assert_int_equal(parse(text, sizeof text - 1, &table, warnings, reason), STATUS_OK);
    assert_int_equal(table.row_count, 4);
    assert_int_equal(table.column_count, 3);
    assert_non_null(strstr(warnings, "column same is left out: all its values are the same\n"));
    assert_string_equal(table.outcome, "bad = yes");
    assert_string_equal(table.columns[1].name, "the, job");
    assert_int_equal(table.columns[0].kind, MODEL_NUMERIC);
    assert_int_equal(table.columns[1].kind, MODEL_CATEGORY);
    assert_int_equal(table.columns[1].level_count, 3);
    assert_string_equal(table.columns[1].levels[0], "a \"b\"");
    assert_string_equal(table.columns[1].levels[1], "c");
    assert_string_equal(table.columns[1].levels[2], "line\nend");
    values_are(&table, 0, (const double[]){31, NAN, -4, 7});
    values_are(&table, 1, (const double[]){0, 1, NAN, 2});
    values_are(&table, 2, (const double[]){1500, NAN, NAN, 0.5});
    assert_memory_equal(table.positives, ((const uint8_t[]){1, 0, 0, 1}), 4);
    table_free(&table);
}

/* Words that strtod would take for numbers make a category. */
static void hexadecimal_and_infinity_are_words(void **state)
{
    (void)state;
    static const char text[] = "a,b,bad\n0x10,inf,yes\n3,4,no\n";
    struct table table;
    char reason[REASON_MAX + 1];
    assert_int_equal(parse(text, sizeof text - 1, &table, NULL, reason), STATUS_OK);
    assert_int_equal(table.columns[0].kind, MODEL_CATEGORY);
    assert_int_equal(table.columns[1].kind, MODEL_CATEGORY);
    table_free(&table);
}

/* 200 names, each once, are left out; of 200 levels, each thrice, the most frequent are kept. */
static void many_levels(void **state)
{
    (void)state;
    struct buf text;
    struct table table;
    char reason[REASON_MAX + 1];
    char warnings[WARNINGS_SIZE];
    buf_init(&text, 1 << 20);
    buf_text(&text, "name,city,bad\n");
    for (int i = 0; i < 600; i++)
        buf_printf(&text, "name%d,city%03d,%s\n", i, i < 20 ? 7 : i % 200, i % 3 ? "no" : "yes");
    assert_int_equal(parse(text.data, text.size, &table, warnings, reason), STATUS_OK);
    assert_non_null(
        strstr(warnings, "column name is left out: hardly any of its values comes twice\n"));
    assert_non_null(strstr(warnings, "rows repeat others in all that is used, the first of them "
                                     "line 4 (as line 3)"));
    assert_int_equal(table.column_count, 1);
    assert_int_equal(table.columns[0].level_count, MODEL_LEVELS_MAX);
    bool found = false;
    for (size_t i = 0; i < MODEL_LEVELS_MAX; i++)
        found |= strcmp(table.columns[0].levels[i], "city007") == 0;
    assert_true(found);
    table_free(&table);
    buf_free(&text);
}

/* 100 rows of two columns: a number, in a few rows another word, and the outcome. */
static void put_numbers(struct buf *text, int different, const char *word, int words)
{
    buf_text(text, "wage,bad\n");
    for (int i = 0; i < 100; i++) {
        if (i % 10 == 3 && i / 10 < words)
            buf_printf(text, "%s,no\n", word);
        else
            buf_printf(text, "%d,%s\n", i % different, i % 7 == 0 ? "yes" : "no");
    }
}

static void numbers_with_odd_cells_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int words;
    } odd[] = {{"12O", 1}, {"$", 2},    {"\"1,234\"", 3}, {"inf", 1},
               {"-", 10},  {"R$ 5", 1}, {"7%", 4}};
    char expected[REASON_MAX + 1];
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        struct buf text;
        struct table table;
        char reason[REASON_MAX + 1];
        size_t quotes = odd[i].word[0] == '"';
        buf_init(&text, 1 << 20);
        put_numbers(&text, 50, odd[i].word, odd[i].words);
        assert_int_equal(parse(text.data, text.size, &table, NULL, reason), STATUS_INVALID);
        snprintf(expected, sizeof expected,
                 "line 5, column wage: %.*s is no number, and the column seems to be one: mend "
                 "it, or leave it empty where it is missing",
                 (int)(strlen(odd[i].word) - 2 * quotes), odd[i].word + quotes);
        assert_string_equal(reason, expected);
        buf_free(&text);
    }
}

static void codes_are_a_category_with_a_warning(void **state)
{
    (void)state;
    struct buf text;
    struct table table;
    char reason[REASON_MAX + 1];
    char warnings[WARNINGS_SIZE];
    buf_init(&text, 1 << 20);
    put_numbers(&text, 3, "3+", 9);
    assert_int_equal(parse(text.data, text.size, &table, warnings, reason), STATUS_OK);
    assert_int_equal(table.columns[0].kind, MODEL_CATEGORY);
    assert_int_equal(table.columns[0].level_count, 4);
    assert_non_null(strstr(warnings, "line 5, column wage: 3+ is no number, as 91 of 100 values "
                                     "are: the column is taken as a category\n"));
    table_free(&table);
    buf_free(&text);
}

/* Amounts that all are dressed up are no category either. */
static void amounts_are_refused(void **state)
{
    (void)state;
    struct buf text;
    struct table table;
    char reason[REASON_MAX + 1];
    buf_init(&text, 1 << 20);
    buf_text(&text, "wage,bad\n");
    for (int i = 0; i < 100; i++)
        buf_printf(&text, "\"$%d,000.50\",%s\n", i, i % 7 == 0 ? "yes" : "no");
    assert_int_equal(parse(text.data, text.size, &table, NULL, reason), STATUS_INVALID);
    assert_non_null(strstr(reason, "line 2, column wage: $0,000.50 is no number"));
    buf_free(&text);
}

static void faults_name_their_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } faults[] = {
        {"", "line 1: the file is empty"},
        {"\n\n", "line 1: the file is empty"},
        {"a,b\n1,2\n", "line 1: no column is named bad"},
        {"a,bad,a\n", "line 1: two columns are named a"},
        {"a,,bad\n", "line 1: the name of column 2 is empty or longer than 128 bytes"},
        {"a,bad\n1,yes\n2\n", "line 3: 1 fields, the header has 2"},
        {"a,bad\n1,yes\n2,no,3\n", "line 3: 3 fields, the header has 2"},
        {"a,bad\n1,yes\n\"2,no\n", "line 3: a quote that is never closed"},
        {"a,bad\n\"1\"2,yes\n", "line 2: text after a closing quote"},
        {"a,bad\n1\"2\",yes\n", "line 2: a quote within a field that does not begin with one"},
        {"a,bad\n\"x\ny\",no\n\xff,no\n", "line 4: not UTF-8"},
        {"a,bad\n1,yes\n2,\n", "line 3: the outcome is missing"},
        {"a,bad\n1,yes\n2,no\n3,maybe\n",
         "line 4: a third outcome, maybe; there may be yes and one other"},
        {"a,bad\n1,yes\n2,yes\n", "every outcome is yes"},
        {"a,bad\n1,no\n2,no\n", "no outcome is yes: there are no"},
        {"a,bad\n", "no outcome is yes"},
        {"a,bad\n1,Yes\n2,no\n3,Yes\n", "no outcome is yes: there are Yes, no"},
        {"a,bad\n1,a\n2,b\n3,c\n4,d\n", "no outcome is yes: there are a, b, c and others"},
        {"a,bad\n1,yes\n1,no\n", "no column but the outcome says anything"},
    };
    struct table table;
    char reason[REASON_MAX + 1];
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        assert_int_equal(parse(faults[i].text, strlen(faults[i].text), &table, NULL, reason),
                         STATUS_INVALID);
        assert_string_equal(reason, faults[i].reason);
    }
    assert_int_equal(parse("a,bad\n1\0,yes\n", 13, &table, NULL, reason), STATUS_INVALID);
    assert_string_equal(reason, "line 2: a zero byte");
}

static void a_file_that_is_not_there(void **state)
{
    (void)state;
    struct buf warnings;
    struct table table;
    char reason[REASON_MAX + 1];
    table_init(&table);
    buf_init(&warnings, WARNINGS_SIZE);
    assert_int_equal(csv_read("/no/such/file.csv", &options, &table, &warnings, reason),
                     STATUS_UNAVAILABLE);
    assert_string_equal(reason, "No such file or directory");
}

/* Whatever comes is either a table or a fault with a reason. */
static void mutations_do_no_harm(void **state)
{
    (void)state;
    static const char text[] = "age,\"the, job\",bad\n31,\"a \"\"b\"\"\",yes\nNA,c,no\n,d,no\n";
    char mutated[sizeof text + 8];
    for (int i = 0; i < 20000; i++) {
        struct table table;
        char reason[REASON_MAX + 1] = "";
        size_t size = unit_mutate(text, sizeof text - 1, mutated, sizeof mutated - 1);
        enum status status = parse(mutated, size, &table, NULL, reason);
        assert_true(status == STATUS_OK ? table.row_count > 1 : reason[0] != '\0');
        table_free(&table);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_missing_values_and_quotes),
        cmocka_unit_test(hexadecimal_and_infinity_are_words),
        cmocka_unit_test(many_levels),
        cmocka_unit_test(numbers_with_odd_cells_are_refused),
        cmocka_unit_test(codes_are_a_category_with_a_warning),
        cmocka_unit_test(amounts_are_refused),
        cmocka_unit_test(faults_name_their_line),
        cmocka_unit_test(a_file_that_is_not_there),
        cmocka_unit_test(mutations_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
