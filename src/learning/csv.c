/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_text.h"
#include "learning/csv_fields.h"
#include "model/feature_columns.h"

enum { NUMBER_TEXT_MAX = 63, READ_SIZE = 64 * 1024 };

static bool is_missing(struct slice field)
{
    static const char *const words[] = {"", "NA", "N/A", "?", "null", "NaN"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (field.size == strlen(words[i]) && strncasecmp(field.data, words[i], field.size) == 0)
            return true;
    return false;
}

static struct slice trimmed(struct slice field)
{
    while (field.size > 0 && (field.data[0] == ' ' || field.data[0] == '\t'))
        field = (struct slice){field.data + 1, field.size - 1};
    while (field.size > 0 &&
           (field.data[field.size - 1] == ' ' || field.data[field.size - 1] == '\t'))
        field.size--;
    return field;
}

/* Decimal numbers alone: strtod would take "0x1", "inf" and "nan" too. */
static bool number_read(struct slice field, double *value)
{
    char text[NUMBER_TEXT_MAX + 1];
    char *end;
    if (field.size == 0 || field.size > NUMBER_TEXT_MAX)
        return false;
    memcpy(text, field.data, field.size);
    text[field.size] = '\0';
    if (strspn(text, "+-.0123456789eE") != field.size)
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && isfinite(*value);
}

static int slice_order(const void *a, const void *b)
{
    const struct slice *x = a;
    const struct slice *y = b;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = memcmp(x->data, y->data, size);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

struct level {
    struct slice name;
    size_t count;
};

/* Most frequent first. */
static int level_order(const void *a, const void *b)
{
    const struct level *x = a;
    const struct level *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return slice_order(&x->name, &y->name);
}

/* The parse as it goes on. */
struct parse {
    struct csv_fields fields;
    const struct csv_options *options;
    struct table *table;
    struct buf *left_out;
    size_t label;
    size_t time;         /* the width if there is none */
    size_t *places;      /* for each column of the table: its field */
    struct slice *words; /* scratch: one a row */
    struct level *levels;
    char *reason;
};

/* The first row whose value is no number; 0 if all are. */
static size_t word_find(const struct parse *parse, size_t field)
{
    double value;
    for (size_t row = 1; row < parse->fields.row_count; row++) {
        struct slice text = trimmed(csv_field(&parse->fields, row, field));
        if (!is_missing(text) && !number_read(text, &value))
            return row;
    }
    return 0;
}

static enum status word_refuse(const struct parse *parse, size_t row, const char *column,
                               struct slice text)
{
    snprintf(parse->reason, REASON_MAX + 1,
             "line %zu: %.*s is no number, and %.128s is a feature of ECS, which is one",
             parse->fields.lines[row], text.size < 40 ? (int)text.size : 40, text.data, column);
    return STATUS_INVALID;
}

/* Counts the different values of a column into parse->levels. `*present` counts those not missing.
 */
static size_t levels_count(struct parse *parse, size_t field, size_t *present)
{
    size_t words = 0;
    size_t count = 0;
    for (size_t row = 1; row < parse->fields.row_count; row++) {
        struct slice text = trimmed(csv_field(&parse->fields, row, field));
        if (!is_missing(text))
            parse->words[words++] = text;
    }
    if (words > 0)
        qsort(parse->words, words, sizeof *parse->words, slice_order);
    for (size_t i = 0; i < words; i++) {
        if (i == 0 || slice_order(&parse->words[i], &parse->words[i - 1]) != 0)
            parse->levels[count++] = (struct level){parse->words[i], 0};
        parse->levels[count - 1].count++;
    }
    *present = words;
    return count;
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
    qsort(parse->words, count, sizeof *parse->words, slice_order);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = model_column_add_level(column, parse->words[i].data, parse->words[i].size);
    return status;
}

static enum status column_add(struct parse *parse, size_t field)
{
    struct model_column column = {0};
    struct slice name = trimmed(csv_field(&parse->fields, 0, field));
    size_t present;
    memcpy(column.name, name.data, name.size);
    int feature = feature_named(column.name);
    size_t word = word_find(parse, field);
    bool numeric = word == 0;
    if (feature >= 0 && !numeric)
        return word_refuse(parse, word, column.name,
                           trimmed(csv_field(&parse->fields, word, field)));
    if (feature >= 0)
        feature_column_describe((enum feature)feature, &column);
    size_t different = levels_count(parse, field, &present);
    bool names = !numeric && different * 2 > present && different > MODEL_LEVELS_MAX;
    if (different < 2 || names) {
        buf_printf(parse->left_out, "%s%s", parse->left_out->size > 0 ? ", " : "", column.name);
        return STATUS_OK;
    }
    column.kind = numeric ? MODEL_NUMERIC : MODEL_CATEGORY;
    enum status status = numeric ? STATUS_OK : levels_add(parse, different, &column);
    if (status == STATUS_OK)
        status = table_add_column(parse->table, &column);
    model_column_free(&column);
    if (status == STATUS_OK)
        parse->places[parse->table->column_count - 1] = field;
    else
        snprintf(parse->reason, REASON_MAX + 1, "memory is out");
    return status;
}

static enum status column_missing(struct parse *parse, const char *name)
{
    snprintf(parse->reason, REASON_MAX + 1, "line 1: no column is named %.100s", name);
    return STATUS_INVALID;
}

/* Finds label and time among the header's names, which must differ. */
static enum status header_check(struct parse *parse)
{
    const struct csv_options *options = parse->options;
    parse->label = parse->time = parse->fields.width;
    for (size_t i = 0; i < parse->fields.width; i++) {
        struct slice name = trimmed(csv_field(&parse->fields, 0, i));
        if (name.size == 0 || name.size > MODEL_COLUMN_NAME_MAX) {
            snprintf(parse->reason, REASON_MAX + 1,
                     "line 1: the name of column %zu is empty or longer than %d bytes", i + 1,
                     MODEL_COLUMN_NAME_MAX);
            return STATUS_INVALID;
        }
        for (size_t k = 0; k < i; k++) {
            struct slice other = trimmed(csv_field(&parse->fields, 0, k));
            if (slice_order(&name, &other) == 0) {
                snprintf(parse->reason, REASON_MAX + 1, "line 1: two columns are named %.*s",
                         (int)name.size, name.data);
                return STATUS_INVALID;
            }
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

/* Two outcomes, none missing, one of them the positive one. */
static enum status labels_check(struct parse *parse)
{
    const struct slice *other = NULL;
    size_t positives = 0;
    struct slice first;
    for (size_t row = 1; row < parse->fields.row_count; row++) {
        struct slice text = trimmed(csv_field(&parse->fields, row, parse->label));
        size_t line = parse->fields.lines[row];
        if (is_missing(text)) {
            snprintf(parse->reason, REASON_MAX + 1, "line %zu: the outcome is missing", line);
            return STATUS_INVALID;
        }
        if (slice_equals(text, parse->options->positive)) {
            positives++;
        } else if (other == NULL) {
            first = text;
            other = &first;
        } else if (slice_order(&text, other) != 0) {
            int shown = text.size < 40 ? (int)text.size : 40;
            snprintf(parse->reason, REASON_MAX + 1,
                     "line %zu: a third outcome, %.*s; there may be %.40s and one other", line,
                     shown, text.data, parse->options->positive);
            return STATUS_INVALID;
        }
    }
    if (positives > 0 && other != NULL)
        return STATUS_OK;
    snprintf(parse->reason, REASON_MAX + 1, "%s outcome is %.100s", positives == 0 ? "no" : "every",
             parse->options->positive);
    return STATUS_INVALID;
}

static double value_of(const struct model_column *column, struct slice text)
{
    double value;
    if (is_missing(text))
        return NAN;
    if (column->kind == MODEL_NUMERIC)
        return number_read(text, &value) ? value : NAN;
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
    struct slice text = trimmed(csv_field(&parse->fields, row, parse->time));
    if (!number_read(text, &number) || fabs(number) > 9e15)
        return time_parse(text.data, text.size, time_us) == STATUS_OK;
    *time_us = (int64_t)number;
    return true;
}

static enum status rows_add(struct parse *parse)
{
    struct table *table = parse->table;
    enum status status = STATUS_OK;
    double *values = calloc(table->column_count, sizeof *values);
    for (size_t row = 1; row < parse->fields.row_count && status == STATUS_OK; row++) {
        if (values == NULL)
            break;
        for (size_t i = 0; i < table->column_count; i++)
            values[i] = value_of(&table->columns[i],
                                 trimmed(csv_field(&parse->fields, row, parse->places[i])));
        struct slice label = trimmed(csv_field(&parse->fields, row, parse->label));
        int64_t time_us;
        if (!time_read(parse, row, &time_us)) {
            snprintf(parse->reason, REASON_MAX + 1, "line %zu: %.80s is no number and no time",
                     parse->fields.lines[row], parse->options->time);
            free(values);
            return STATUS_INVALID;
        }
        status =
            table_add_row(table, values, slice_equals(label, parse->options->positive), time_us);
    }
    if (values == NULL || status != STATUS_OK) {
        snprintf(parse->reason, REASON_MAX + 1, "memory is out");
        status = STATUS_UNAVAILABLE;
    }
    free(values);
    return status;
}

static enum status columns_add(struct parse *parse)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < parse->fields.width && status == STATUS_OK; i++)
        if (i != parse->label && i != parse->time)
            status = column_add(parse, i);
    if (status == STATUS_OK && parse->table->column_count == 0) {
        snprintf(parse->reason, REASON_MAX + 1, "no column but the outcome says anything");
        status = STATUS_INVALID;
    }
    return status;
}

static enum status fields_into_table(struct parse *parse)
{
    enum status status = header_check(parse);
    if (status == STATUS_OK)
        status = labels_check(parse);
    if (status != STATUS_OK)
        return status;
    parse->places = calloc(parse->fields.width, sizeof *parse->places);
    parse->words = calloc(parse->fields.row_count, sizeof *parse->words);
    parse->levels = calloc(parse->fields.row_count, sizeof *parse->levels);
    if (parse->places != NULL && parse->words != NULL && parse->levels != NULL) {
        status = columns_add(parse);
        if (status == STATUS_OK)
            status = rows_add(parse);
    } else {
        snprintf(parse->reason, REASON_MAX + 1, "memory is out");
        status = STATUS_UNAVAILABLE;
    }
    free(parse->places);
    free(parse->words);
    free(parse->levels);
    return status;
}

enum status csv_parse(char *text, size_t size, const struct csv_options *options,
                      struct table *table, struct buf *left_out, char reason[REASON_MAX + 1])
{
    struct parse parse = {
        .options = options, .table = table, .left_out = left_out, .reason = reason};
    enum status status = csv_fields_split(text, size, &parse.fields, reason);
    if (status != STATUS_OK)
        return status;
    status = fields_into_table(&parse);
    csv_fields_free(&parse.fields);
    snprintf(table->outcome, sizeof table->outcome, "%.90s = %.90s", options->label,
             options->positive);
    if (status != STATUS_OK)
        table_free(table);
    return status;
}

enum status csv_read(const char *path, const struct csv_options *options, struct table *table,
                     struct buf *left_out, char reason[REASON_MAX + 1])
{
    struct buf text;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(reason, REASON_MAX + 1, "%s", strerror(errno));
        return errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE;
    }
    buf_init(&text, CSV_FILE_MAX);
    char *chunk = malloc(READ_SIZE);
    for (size_t size; chunk != NULL && (size = fread(chunk, 1, READ_SIZE, file)) > 0;)
        buf_append(&text, chunk, size);
    enum status status = STATUS_UNAVAILABLE;
    if (chunk == NULL || ferror(file) || text.overflowed)
        snprintf(reason, REASON_MAX + 1, "cannot be read, or is larger than %lld bytes",
                 CSV_FILE_MAX);
    else
        status = csv_parse(text.data, text.size, options, table, left_out, reason);
    free(chunk);
    fclose(file);
    buf_free(&text);
    const char *slash = strrchr(path, '/');
    snprintf(table->source, sizeof table->source, "%s", slash == NULL ? path : slash + 1);
    return status;
}
