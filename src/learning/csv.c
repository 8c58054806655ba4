/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "learning/csv_cell.h"
#include "model/model.h"
#include "model/reason.h"
#include "process/file.h"

/* Codes such as 1, 2 and 3+: so few different values may well be meant as a category. */
enum { CODES_MAX = 16 };

struct level {
    struct slice name;
    size_t count;
};

/* The parse as it goes on. */
struct parse {
    struct csv_fields fields;
    const struct csv_options *options;
    struct table *table;
    struct buf *warnings;
    size_t label;
    size_t time;         /* the width if there is none */
    size_t *places;      /* for each column of the table: its field */
    struct slice *words; /* scratch, as is the next: one a row */
    struct level *levels;
    char *reason;
};

/* What a field holds. */
struct census {
    size_t present;    /* not missing */
    size_t numbers;    /* of those */
    size_t resembling; /* of those, no numbers, but meant as such */
    size_t different;  /* values, not missing */
    size_t word_row;   /* the first that is present and no number; 0: there is none */
};

/* Most frequent first. */
static int level_order(const void *a, const void *b)
{
    const struct level *x = a;
    const struct level *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return csv_cell_order(&x->name, &y->name);
}

/* Leaves the different values in parse->levels. */
static struct census field_count(struct parse *parse, size_t field)
{
    struct census census = {0};
    double value;
    for (size_t row = 1; row < parse->fields.row_count; row++) {
        struct slice cell = csv_cell(&parse->fields, row, field);
        if (csv_cell_is_missing(cell))
            continue;
        parse->words[census.present++] = cell;
        if (csv_cell_number(cell, &value)) {
            census.numbers++;
            continue;
        }
        census.resembling += csv_cell_resembles_number(cell);
        if (census.word_row == 0)
            census.word_row = row;
    }
    if (census.present > 0)
        qsort(parse->words, census.present, sizeof *parse->words, csv_cell_order);
    for (size_t i = 0; i < census.present; i++) {
        if (i == 0 || csv_cell_order(&parse->words[i], &parse->words[i - 1]) != 0)
            parse->levels[census.different++] = (struct level){parse->words[i], 0};
        parse->levels[census.different - 1].count++;
    }
    assert(census.numbers + census.resembling <= census.present);
    assert(census.different <= census.present);
    return census;
}

/* The levels are kept in alphabetical order, so that the order of rows does not matter. */
static enum status levels_add(struct parse *parse, size_t count, struct model_column *column)
{
    enum status status = STATUS_OK;
    qsort(parse->levels, count, sizeof *parse->levels, level_order);
    if (count > MODEL_LEVELS_MAX)
        count = MODEL_LEVELS_MAX;
    for (size_t i = 0; i < count; i++)
        parse->words[i] = parse->levels[i].name;
    qsort(parse->words, count, sizeof *parse->words, csv_cell_order);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = model_column_add_level(column, parse->words[i].data, parse->words[i].size);
    return status;
}

/* Why a field says nothing; NULL if it says something. */
static const char *nothing_said(const struct census *census)
{
    if (census->present == 0)
        return "it has no value";
    if (census->different == 1)
        return "all its values are the same";
    if (census->word_row > 0 && census->different * 2 > census->present &&
        census->different > MODEL_LEVELS_MAX)
        return "hardly any of its values comes twice";
    return NULL;
}

static enum status numbers_check(const struct parse *parse, const char *name, size_t field,
                                 const struct census *census)
{
    size_t line = parse->fields.lines[census->word_row];
    struct slice word = csv_cell(&parse->fields, census->word_row, field);
    size_t meant = census->numbers + census->resembling;
    if (feature_named(name) >= 0)
        return reason_tell(
            parse->reason, STATUS_INVALID,
            "line %zu, column %.60s: %.*s is no number, and the column is a feature of ECS, "
            "which is one",
            line, name, csv_cell_shown(word), word.data);
    if (meant * 2 >= census->present && census->different > CODES_MAX)
        return reason_tell(
            parse->reason, STATUS_INVALID,
            "line %zu, column %.60s: %.*s is no number, and the column seems to be one: mend "
            "it, or leave it empty where it is missing",
            line, name, csv_cell_shown(word), word.data);
    if (meant > 0)
        buf_printf(parse->warnings,
                   "line %zu, column %s: %.*s is no number, as %zu of %zu values are: the column "
                   "is taken as a category\n",
                   line, name, csv_cell_shown(word), word.data, census->numbers, census->present);
    return STATUS_OK;
}

static enum status column_add(struct parse *parse, size_t field)
{
    struct model_column column = {0};
    struct slice name = csv_cell(&parse->fields, 0, field);
    memcpy(column.name, name.data, name.size);
    struct census census = field_count(parse, field);
    enum status status = STATUS_OK;
    if (census.word_row > 0)
        status = numbers_check(parse, column.name, field, &census);
    if (status != STATUS_OK)
        return status;
    const char *nothing = nothing_said(&census);
    if (nothing != NULL) {
        buf_printf(parse->warnings, "column %s is left out: %s\n", column.name, nothing);
        return STATUS_OK;
    }
    if (census.word_row > 0) {
        column.kind = MODEL_CATEGORY;
        status = levels_add(parse, census.different, &column);
    } else if (feature_named(column.name) >= 0) {
        feature_columns_describe((enum feature)feature_named(column.name), &column);
    }
    if (status == STATUS_OK)
        status = table_add_column(parse->table, &column);
    model_column_free(&column);
    if (status != STATUS_OK)
        return reason_tell(parse->reason, status, "memory is out");
    assert(parse->table->column_count <= parse->fields.width);
    parse->places[parse->table->column_count - 1] = field;
    return STATUS_OK;
}

/* Adds a column to the table for each field but label and time. There is a warning for each column
 * that is left out, or is a category though it has numbers. INVALID, with the reason and the line
 * it is on: nearly all values of a column are numbers, or a feature of ECS has one that is none. */
static enum status columns_add(struct parse *parse)
{
    size_t rows = parse->fields.row_count, width = parse->fields.width;
    enum status status = STATUS_OK;
    parse->places = calloc(width, sizeof *parse->places);
    parse->words = calloc(rows, sizeof *parse->words);
    parse->levels = calloc(rows, sizeof *parse->levels);
    if (parse->places == NULL || parse->words == NULL || parse->levels == NULL)
        return reason_tell(parse->reason, STATUS_UNAVAILABLE, "memory is out");
    for (size_t i = 0; i < width && status == STATUS_OK; i++)
        if (i != parse->label && i != parse->time)
            status = column_add(parse, i);
    if (status == STATUS_OK && parse->table->column_count == 0)
        status =
            reason_tell(parse->reason, STATUS_INVALID, "no column but the outcome says anything");
    return status;
}

enum { OUTCOMES_SHOWN = 3 };

static enum status column_missing(struct parse *parse, const char *name)
{
    return reason_tell(parse->reason, STATUS_INVALID, "line 1: no column is named %.100s", name);
}

/* Finds label and time among the header's names, which must differ. */
static enum status header_check(struct parse *parse)
{
    const struct csv_options *options = parse->options;
    parse->label = parse->time = parse->fields.width;
    for (size_t i = 0; i < parse->fields.width; i++) {
        struct slice name = csv_cell(&parse->fields, 0, i);
        if (name.size == 0 || name.size > MODEL_COLUMN_NAME_MAX)
            return reason_tell(parse->reason, STATUS_INVALID,
                               "line 1: the name of column %zu is empty or longer than %d bytes",
                               i + 1, MODEL_COLUMN_NAME_MAX);
        for (size_t k = 0; k < i; k++) {
            struct slice other = csv_cell(&parse->fields, 0, k);
            if (csv_cell_order(&name, &other) == 0)
                return reason_tell(parse->reason, STATUS_INVALID,
                                   "line 1: two columns are named %.*s", (int)name.size, name.data);
        }
        if (slice_equals(name, options->label))
            parse->label = i;
        else if (options->time != NULL && slice_equals(name, options->time))
            parse->time = i;
    }
    if (parse->label == parse->fields.width)
        return column_missing(parse, options->label);
    if (options->time != NULL && parse->time == parse->fields.width)
        return column_missing(parse, options->time);
    parse->table->timed = options->time != NULL;
    return STATUS_OK;
}

/* For a positive outcome that does not occur: tells what does. */
static enum status positive_missing(struct parse *parse, const struct slice outcomes[],
                                    size_t different)
{
    char *reason = parse->reason;
    int size = snprintf(reason, REASON_MAX + 1, "no outcome is %.40s", parse->options->positive);
    for (size_t i = 0; i < different && i < OUTCOMES_SHOWN; i++)
        size +=
            snprintf(reason + size, REASON_MAX + 1 - (size_t)size, "%s%.*s",
                     i == 0 ? ": there are " : ", ", csv_cell_shown(outcomes[i]), outcomes[i].data);
    if (different > OUTCOMES_SHOWN)
        snprintf(reason + size, REASON_MAX + 1 - (size_t)size, " and others");
    return STATUS_INVALID;
}

/* Two outcomes, none missing, one of them the positive one. Of the others, each once, as many are
 * kept as are shown, and one more is counted. */
static enum status labels_check(struct parse *parse)
{
    struct slice others[OUTCOMES_SHOWN] = {0};
    size_t positives = 0, different = 0, third = 0; /* the row of a third outcome */
    for (size_t row = 1; row < parse->fields.row_count; row++) {
        struct slice cell = csv_cell(&parse->fields, row, parse->label);
        bool known = slice_equals(cell, parse->options->positive);
        positives += known;
        if (csv_cell_is_missing(cell))
            return reason_tell(parse->reason, STATUS_INVALID, "line %zu: the outcome is missing",
                               parse->fields.lines[row]);
        for (size_t i = 0; i < different && i < OUTCOMES_SHOWN && !known; i++)
            known = csv_cell_order(&cell, &others[i]) == 0;
        if (known || different > OUTCOMES_SHOWN)
            continue;
        if (different < OUTCOMES_SHOWN)
            others[different] = cell;
        if (++different == 2)
            third = row;
    }
    if (positives == 0)
        return positive_missing(parse, others, different);
    if (different == 0)
        return reason_tell(parse->reason, STATUS_INVALID, "every outcome is %.100s",
                           parse->options->positive);
    if (different == 1)
        return STATUS_OK;
    return reason_tell(parse->reason, STATUS_INVALID,
                       "line %zu: a third outcome, %.*s; there may be %.40s and one other",
                       parse->fields.lines[third], csv_cell_shown(others[1]), others[1].data,
                       parse->options->positive);
}

static double value_of(const struct model_column *column, struct slice text)
{
    double value;
    if (csv_cell_is_missing(text))
        return NAN;
    if (column->kind == MODEL_NUMERIC)
        return csv_cell_number(text, &value) ? value : NAN;
    for (size_t i = 0; i < column->level_count; i++)
        if (slice_equals(text, column->levels[i]))
            return (double)i;
    return NAN;
}

/* Only the order of times matters, so numbers may be of any unit. */
static bool time_read(const struct parse *parse, size_t row, int64_t *time_us)
{
    double number;
    *time_us = 0;
    if (!parse->table->timed)
        return true;
    struct slice text = csv_cell(&parse->fields, row, parse->time);
    if (!csv_cell_number(text, &number) || fabs(number) > 9e15)
        return time_parse(text.data, text.size, time_us) == STATUS_OK;
    *time_us = (int64_t)number;
    return true;
}

static enum status rows_add(struct parse *parse)
{
    struct table *table = parse->table;
    enum status status = STATUS_OK;
    assert(table->column_count > 0 && table->column_count <= parse->fields.width);
    double *values = calloc(table->column_count, sizeof *values);
    if (values == NULL)
        return reason_tell(parse->reason, STATUS_UNAVAILABLE, "memory is out");
    for (size_t row = 1; row < parse->fields.row_count && status == STATUS_OK; row++) {
        for (size_t i = 0; i < table->column_count; i++)
            values[i] =
                value_of(&table->columns[i], csv_cell(&parse->fields, row, parse->places[i]));
        struct slice label = csv_cell(&parse->fields, row, parse->label);
        int64_t time_us;
        if (!time_read(parse, row, &time_us))
            status = reason_tell(parse->reason, STATUS_INVALID,
                                 "line %zu: %.80s is no number and no time",
                                 parse->fields.lines[row], parse->options->time);
        else if (table_add_row(table, values, slice_equals(label, parse->options->positive),
                               time_us) != STATUS_OK)
            status = reason_tell(parse->reason, STATUS_UNAVAILABLE, "memory is out");
    }
    free(values);
    return status;
}

static enum status table_fill(struct parse *parse)
{
    enum status status = header_check(parse);
    if (status == STATUS_OK)
        status = labels_check(parse);
    if (status == STATUS_OK)
        status = columns_add(parse);
    if (status == STATUS_OK)
        status = rows_add(parse);
    if (status != STATUS_OK)
        return status;
    status = table_doubts_tell(parse->table, parse->fields.lines + 1, parse->warnings);
    return status == STATUS_OK ? status : reason_tell(parse->reason, status, "memory is out");
}

enum status csv_parse(char *text, size_t size, const struct csv_options *options,
                      struct table *table, struct buf *warnings, char reason[REASON_MAX + 1])
{
    struct parse parse = {
        .options = options, .table = table, .warnings = warnings, .reason = reason};
    enum status status = csv_fields_split(text, size, &parse.fields, reason);
    if (status != STATUS_OK)
        return status;
    status = table_fill(&parse);
    free(parse.places);
    free(parse.words);
    free(parse.levels);
    csv_fields_free(&parse.fields);
    snprintf(table->outcome, sizeof table->outcome, "%.90s = %.90s", options->label,
             options->positive);
    if (status != STATUS_OK)
        table_free(table);
    return status;
}

enum status csv_read(const char *path, const struct csv_options *options, struct table *table,
                     struct buf *warnings, char reason[REASON_MAX + 1])
{
    struct buf text;
    buf_init(&text, CSV_FILE_MAX);
    enum status status = file_read(path, &text);
    if (status == STATUS_OK)
        status = csv_parse(text.data, text.size, options, table, warnings, reason);
    else if (status == STATUS_TOO_LARGE)
        snprintf(reason, REASON_MAX + 1, "cannot be read, or is larger than %lld bytes",
                 CSV_FILE_MAX);
    else
        snprintf(reason, REASON_MAX + 1, "%s", strerror(errno));
    buf_free(&text);
    const char *slash = strrchr(path, '/');
    snprintf(table->source, sizeof table->source, "%s", slash == NULL ? path : slash + 1);
    return status;
}
