/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/table.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learning/measures.h"

enum { FIRST_ROWS = 1024 };

void table_init(struct table *table)
{
    *table = (struct table){0};
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        model_column_free(&table->columns[i]);
    free(table->columns);
    free(table->values);
    free(table->positives);
    free(table->times_us);
    table_init(table);
}

enum status table_add_column(struct table *table, const struct model_column *column)
{
    if (table->row_count > 0)
        return STATUS_INVALID;
    if (table->column_count == MODEL_COLUMNS_MAX)
        return STATUS_TOO_LARGE;
    struct model_column *columns =
        realloc(table->columns, (table->column_count + 1) * sizeof *columns);
    if (columns == NULL)
        return STATUS_UNAVAILABLE;
    table->columns = columns;
    enum status status = model_column_copy(column, &columns[table->column_count]);
    table->column_count += status == STATUS_OK;
    return status;
}

static enum status reserve(struct table *table, size_t rows)
{
    if (rows > TRAINING_ROWS_MAX)
        return STATUS_TOO_LARGE;
    if (rows <= table->row_capacity)
        return STATUS_OK;
    size_t capacity = table->row_capacity == 0 ? FIRST_ROWS : table->row_capacity * 2;
    double *values = realloc(table->values, capacity * (table->column_count + 1) * sizeof *values);
    if (values != NULL)
        table->values = values;
    uint8_t *positives = realloc(table->positives, capacity * sizeof *positives);
    if (positives != NULL)
        table->positives = positives;
    int64_t *times_us = realloc(table->times_us, capacity * sizeof *times_us);
    if (times_us != NULL)
        table->times_us = times_us;
    if (values == NULL || positives == NULL || times_us == NULL)
        return STATUS_UNAVAILABLE;
    table->row_capacity = capacity;
    return STATUS_OK;
}

/* Infinite, or no index of a level: nothing that one could learn from. */
static double value_kept(const struct model_column *column, double value)
{
    bool level = value >= 0 && value < (double)column->level_count && floor(value) == value;
    return isfinite(value) && (column->kind == MODEL_NUMERIC || level) ? value : NAN;
}

enum status table_add_row(struct table *table, const double values[], bool positive,
                          int64_t time_us)
{
    enum status status = reserve(table, table->row_count + 1);
    if (status != STATUS_OK)
        return status;
    assert(table->row_count < table->row_capacity);
    double *row = table->values + table->row_count * table->column_count;
    for (size_t i = 0; i < table->column_count; i++)
        row[i] = value_kept(&table->columns[i], values[i]);
    table->positives[table->row_count] = positive;
    table->times_us[table->row_count] = time_us;
    table->row_count++;
    return STATUS_OK;
}

size_t table_positives(const struct table *table, const size_t rows[], size_t count)
{
    size_t positives = 0;
    for (size_t i = 0; i < count; i++)
        positives += table->positives[rows[i]];
    return positives;
}

bool table_has_emotions(const struct table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (model_column_is_emotional(&table->columns[i]))
            return true;
    return false;
}

enum status table_split_folds(const struct table *table, const size_t rows[], size_t count,
                              size_t folds, uint64_t seed, uint8_t folds_of[])
{
    assert(folds > 0 && folds <= UINT8_MAX);
    struct random random = {seed};
    size_t next = 0;
    size_t *places = calloc(count + 1, sizeof *places);
    if (places == NULL)
        return STATUS_UNAVAILABLE;
    for (int positive = 0; positive <= 1; positive++) {
        size_t found = 0;
        for (size_t i = 0; i < count; i++)
            if (table->positives[rows[i]] == positive)
                places[found++] = i;
        random_shuffle(&random, places, found);
        /* The second deal goes on where the first one ended, so that sizes stay even. */
        for (size_t i = 0; i < found; i++)
            folds_of[places[i]] = (uint8_t)(next++ % folds);
    }
    assert(next == count); /* both outcomes are dealt out */
    free(places);
    return STATUS_OK;
}

size_t table_part_fold(const size_t rows[], size_t count, const uint8_t folds_of[], size_t fold,
                       size_t parted[])
{
    size_t others = 0, found = 0;
    for (size_t i = 0; i < count; i++)
        others += folds_of[i] != fold;
    for (size_t i = 0, at = 0; i < count; i++)
        parted[folds_of[i] == fold ? others + found++ : at++] = rows[i];
    assert(others + found == count); /* each row is in one of them */
    return others;
}

static int time_order(const void *a, const void *b, void *context)
{
    const int64_t *times_us = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    if (times_us[x] != times_us[y])
        return times_us[x] > times_us[y] ? 1 : -1;
    return (x > y) - (x < y);
}

void table_split_by_time(const struct table *table, double test_share, size_t order[],
                         size_t *train)
{
    size_t count = table->row_count;
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, time_order, table->times_us);
    size_t cut = (size_t)((double)count * (1 - test_share));
    while (cut > 0 && cut < count && table->times_us[order[cut]] == table->times_us[order[cut - 1]])
        cut--;
    assert(cut <= count);
    *train = cut;
}

static const double leak_auc = 0.99;

/* A category's levels are rated by their share of positives; a missing value is one more level. */
static void levels_rate(const struct table *table, size_t column, struct rated rated[])
{
    size_t positives[MODEL_LEVELS_MAX + 1] = {0}, all[MODEL_LEVELS_MAX + 1] = {0};
    for (size_t row = 0; row < table->row_count; row++) {
        double value = table_row(table, row)[column];
        size_t level = isnan(value) ? MODEL_LEVELS_MAX : (size_t)value;
        assert(level <= MODEL_LEVELS_MAX);
        all[level]++;
        positives[level] += table->positives[row];
    }
    for (size_t row = 0; row < table->row_count; row++) {
        double value = table_row(table, row)[column];
        size_t level = isnan(value) ? MODEL_LEVELS_MAX : (size_t)value;
        rated[row].value = (double)positives[level] / (double)all[level];
    }
}

/* How well the column alone tells the outcome, either way round; missing numbers count as the
 * least of all, and as the greatest. */
static double column_auc(const struct table *table, size_t column, struct rated rated[])
{
    static const double missing[] = {-INFINITY, INFINITY};
    bool numeric = table->columns[column].kind == MODEL_NUMERIC;
    double auc = 0;
    for (size_t i = 0; i < (numeric ? 2 : 1); i++) {
        for (size_t row = 0; row < table->row_count; row++) {
            double value = table_row(table, row)[column];
            rated[row] = (struct rated){isnan(value) ? missing[i] : value, table->positives[row]};
        }
        if (!numeric)
            levels_rate(table, column, rated);
        double one = rated_auc(rated, table->row_count);
        auc = fmax(auc, fmax(one, 1 - one));
    }
    return auc;
}

static enum status leaks_tell(const struct table *table, struct buf *warnings)
{
    struct rated *rated = calloc(table->row_count, sizeof *rated);
    if (rated == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->column_count; i++) {
        double auc = column_auc(table, i, rated);
        if (auc > leak_auc)
            buf_printf(warnings,
                       "column %s alone tells the outcome, with an AUC of %.3f: it may hold what "
                       "was known only afterwards\n",
                       table->columns[i].name, auc);
    }
    free(rated);
    return STATUS_OK;
}

/* Equal rows lie together, in the order of the file. */
static int row_order(const void *a, const void *b, void *context)
{
    const struct table *table = context;
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    int order = memcmp(table_row(table, x), table_row(table, y),
                       table->column_count * sizeof *table->values);
    if (order == 0)
        order = table->positives[x] - table->positives[y];
    if (order == 0 && table->times_us[x] != table->times_us[y])
        order = table->times_us[x] > table->times_us[y] ? 1 : -1;
    return order;
}

static int place_order(const void *a, const void *b, void *table)
{
    int order = row_order(a, b, table);
    size_t x = *(const size_t *)a;
    size_t y = *(const size_t *)b;
    return order != 0 ? order : (x > y) - (x < y);
}

static enum status repeats_tell(struct table *table, const size_t lines[], struct buf *warnings)
{
    size_t repeats = 0, first = 0, original = 0;
    size_t *rows = calloc(table->row_count, sizeof *rows);
    if (rows == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->row_count; i++)
        rows[i] = i;
    qsort_r(rows, table->row_count, sizeof *rows, place_order, table);
    for (size_t i = 1, group = 0; i < table->row_count; i++) {
        if (row_order(&rows[i], &rows[group], table) != 0) {
            group = i;
            continue;
        }
        if (repeats++ == 0 || rows[i] < first) {
            first = rows[i];
            original = rows[group];
        }
    }
    assert(repeats < table->row_count && (repeats == 0 || original < first));
    if (repeats > 0)
        buf_printf(warnings,
                   "%zu rows repeat others in all that is used, the first of them line %zu (as "
                   "line %zu): where the same case is there twice, the measures are too good\n",
                   repeats, lines[first], lines[original]);
    free(rows);
    return STATUS_OK;
}

enum status table_doubts_tell(const struct table *table, const size_t lines[], struct buf *warnings)
{
    struct table shared = *table; /* for qsort_r, which hands on what may be written */
    enum status status = leaks_tell(table, warnings);
    return status == STATUS_OK ? repeats_tell(&shared, lines, warnings) : status;
}
