/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/doubts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learning/measures.h"

static const double leak_auc = 0.99;

/* A category's levels are rated by their share of positives; a missing value is one more level. */
static void levels_rate(const struct table *table, size_t column, double rated[])
{
    size_t positives[MODEL_LEVELS_MAX + 1] = {0}, all[MODEL_LEVELS_MAX + 1] = {0};
    for (size_t row = 0; row < table->row_count; row++) {
        double value = table_row(table, row)[column];
        size_t level = isnan(value) ? MODEL_LEVELS_MAX : (size_t)value;
        all[level]++;
        positives[level] += table->positives[row];
    }
    for (size_t row = 0; row < table->row_count; row++) {
        double value = table_row(table, row)[column];
        size_t level = isnan(value) ? MODEL_LEVELS_MAX : (size_t)value;
        rated[row] = (double)positives[level] / (double)all[level];
    }
}

/* How well the column alone tells the outcome, either way round; missing numbers count as the
 * least of all, and as the greatest. */
static enum status column_auc(const struct table *table, size_t column, double rated[], double *auc)
{
    static const double missing[] = {-INFINITY, INFINITY};
    bool numeric = table->columns[column].kind == MODEL_NUMERIC;
    enum status status = STATUS_OK;
    *auc = 0;
    for (size_t i = 0; i < (numeric ? 2 : 1) && status == STATUS_OK; i++) {
        double one;
        for (size_t row = 0; numeric && row < table->row_count; row++) {
            double value = table_row(table, row)[column];
            rated[row] = isnan(value) ? missing[i] : value;
        }
        if (!numeric)
            levels_rate(table, column, rated);
        status = measure_auc(rated, table->positives, table->row_count, &one);
        if (status == STATUS_OK)
            *auc = fmax(*auc, fmax(one, 1 - one));
    }
    return status;
}

static enum status leaks_tell(const struct table *table, struct buf *warnings)
{
    enum status status = STATUS_OK;
    double *rated = calloc(table->row_count, sizeof *rated);
    if (rated == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->column_count && status == STATUS_OK; i++) {
        double auc = 0;
        status = column_auc(table, i, rated, &auc);
        if (auc > leak_auc)
            buf_printf(warnings,
                       "column %s alone tells the outcome, with an AUC of %.3f: it may hold what "
                       "was known only afterwards\n",
                       table->columns[i].name, auc);
    }
    free(rated);
    return status;
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
    if (repeats > 0)
        buf_printf(warnings,
                   "%zu rows repeat others in all that is used, the first of them line %zu (as "
                   "line %zu): where the same case is there twice, the measures are too good\n",
                   repeats, lines[first], lines[original]);
    free(rows);
    return STATUS_OK;
}

enum status doubts_tell(const struct table *table, const size_t lines[], struct buf *warnings)
{
    struct table shared = *table; /* for qsort_r, which hands on what may be written */
    enum status status = leaks_tell(table, warnings);
    return status == STATUS_OK ? repeats_tell(&shared, lines, warnings) : status;
}
