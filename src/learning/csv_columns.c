/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/csv_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "learning/csv_cell.h"
#include "model/feature_columns.h"

/* Codes such as 1, 2 and 3+: so few different values may well be meant as a category. */
enum { CODES_MAX = 16 };

struct level {
    struct slice name;
    size_t count;
};

/* The choice as it goes on. */
struct choice {
    const struct csv_fields *fields;
    struct table *table;
    size_t *places;
    struct buf *warnings;
    char *reason;
    struct slice *words; /* scratch: one a row */
    struct level *levels;
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

/* Leaves the different values in choice->levels. */
static struct census field_count(struct choice *choice, size_t field)
{
    struct census census = {0};
    double value;
    for (size_t row = 1; row < choice->fields->row_count; row++) {
        struct slice cell = csv_cell(choice->fields, row, field);
        if (csv_cell_is_missing(cell))
            continue;
        choice->words[census.present++] = cell;
        if (csv_cell_number(cell, &value)) {
            census.numbers++;
            continue;
        }
        census.resembling += csv_cell_resembles_number(cell);
        if (census.word_row == 0)
            census.word_row = row;
    }
    if (census.present > 0)
        qsort(choice->words, census.present, sizeof *choice->words, csv_cell_order);
    for (size_t i = 0; i < census.present; i++) {
        if (i == 0 || csv_cell_order(&choice->words[i], &choice->words[i - 1]) != 0)
            choice->levels[census.different++] = (struct level){choice->words[i], 0};
        choice->levels[census.different - 1].count++;
    }
    return census;
}

/* The levels are kept in alphabetical order, so that the order of rows does not matter. */
static enum status levels_add(struct choice *choice, size_t count, struct model_column *column)
{
    enum status status = STATUS_OK;
    qsort(choice->levels, count, sizeof *choice->levels, level_order);
    if (count > MODEL_LEVELS_MAX)
        count = MODEL_LEVELS_MAX;
    for (size_t i = 0; i < count; i++)
        choice->words[i] = choice->levels[i].name;
    qsort(choice->words, count, sizeof *choice->words, csv_cell_order);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = model_column_add_level(column, choice->words[i].data, choice->words[i].size);
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

static enum status numbers_check(const struct choice *choice, const char *name, size_t field,
                                 const struct census *census)
{
    size_t line = choice->fields->lines[census->word_row];
    struct slice word = csv_cell(choice->fields, census->word_row, field);
    size_t meant = census->numbers + census->resembling;
    if (feature_named(name) >= 0) {
        snprintf(choice->reason, REASON_MAX + 1,
                 "line %zu, column %.60s: %.*s is no number, and the column is a feature of ECS, "
                 "which is one",
                 line, name, csv_cell_shown(word), word.data);
        return STATUS_INVALID;
    }
    if (meant * 2 >= census->present && census->different > CODES_MAX) {
        snprintf(choice->reason, REASON_MAX + 1,
                 "line %zu, column %.60s: %.*s is no number, and the column seems to be one: mend "
                 "it, or leave it empty where it is missing",
                 line, name, csv_cell_shown(word), word.data);
        return STATUS_INVALID;
    }
    if (meant > 0)
        buf_printf(choice->warnings,
                   "line %zu, column %s: %.*s is no number, as %zu of %zu values are: the column "
                   "is taken as a category\n",
                   line, name, csv_cell_shown(word), word.data, census->numbers, census->present);
    return STATUS_OK;
}

static enum status column_add(struct choice *choice, size_t field)
{
    struct model_column column = {0};
    struct slice name = csv_cell(choice->fields, 0, field);
    memcpy(column.name, name.data, name.size);
    struct census census = field_count(choice, field);
    enum status status = STATUS_OK;
    if (census.word_row > 0)
        status = numbers_check(choice, column.name, field, &census);
    if (status != STATUS_OK)
        return status;
    const char *nothing = nothing_said(&census);
    if (nothing != NULL) {
        buf_printf(choice->warnings, "column %s is left out: %s\n", column.name, nothing);
        return STATUS_OK;
    }
    if (census.word_row > 0) {
        column.kind = MODEL_CATEGORY;
        status = levels_add(choice, census.different, &column);
    } else if (feature_named(column.name) >= 0) {
        feature_column_describe((enum feature)feature_named(column.name), &column);
    }
    if (status == STATUS_OK)
        status = table_add_column(choice->table, &column);
    model_column_free(&column);
    if (status == STATUS_OK)
        choice->places[choice->table->column_count - 1] = field;
    else
        snprintf(choice->reason, REASON_MAX + 1, "memory is out");
    return status;
}

enum status csv_columns_add(const struct csv_fields *fields, size_t label, size_t time,
                            struct table *table, size_t places[], struct buf *warnings,
                            char reason[REASON_MAX + 1])
{
    struct choice choice = {.fields = fields,
                            .table = table,
                            .places = places,
                            .warnings = warnings,
                            .reason = reason,
                            .words = calloc(fields->row_count, sizeof *choice.words),
                            .levels = calloc(fields->row_count, sizeof *choice.levels)};
    enum status status = STATUS_OK;
    if (choice.words == NULL || choice.levels == NULL) {
        snprintf(reason, REASON_MAX + 1, "memory is out");
        status = STATUS_UNAVAILABLE;
    }
    for (size_t i = 0; i < fields->width && status == STATUS_OK; i++)
        if (i != label && i != time)
            status = column_add(&choice, i);
    free(choice.words);
    free(choice.levels);
    if (status == STATUS_OK && table->column_count == 0) {
        snprintf(reason, REASON_MAX + 1, "no column but the outcome says anything");
        status = STATUS_INVALID;
    }
    return status;
}
