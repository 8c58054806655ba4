/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model is trained on, in memory: rows of values, an outcome for each, and maybe the moment
 * it is of. Filled from a CSV file (csv.h) or by code: first all columns, then all rows. Then it is
 * searched for what is suspicious, and split into rows that a model is trained on, and rows that it
 * is tested on.
 */
#ifndef ECS_LEARNING_TABLE_H
#define ECS_LEARNING_TABLE_H

#include <stdint.h>

#include "base/buf.h"
#include "model/column.h"

struct table {
    struct model_column *columns; /* owned */
    size_t column_count;
    double *values;     /* row-major; NAN: missing; of a category: the index of its level */
    uint8_t *positives; /* one a row: 1 if the outcome is the one to predict */
    int64_t *times_us;  /* one a row, microseconds since 1970 */
    size_t row_count;
    size_t row_capacity;
    bool timed;        /* the rows have times, and are split by them */
    char source[128];  /* where it comes from, for the model's card */
    char outcome[192]; /* what is predicted, such as "Class = Bad" */
};

void table_init(struct table *table);
void table_free(struct table *table);
/* Copies the column. INVALID: there are rows already. TOO_LARGE: MODEL_COLUMNS_MAX. UNAVAILABLE:
 * memory is out. */
MUST_CHECK enum status table_add_column(struct table *table, const struct model_column *column);
/* `values`: one a column; what is infinite, or no index of a level, counts as missing. The time
 * counts in a timed table. TOO_LARGE: TRAINING_ROWS_MAX. */
MUST_CHECK enum status table_add_row(struct table *table, const double values[], bool positive,
                                     int64_t time_us);

static inline const double *table_row(const struct table *table, size_t row)
{
    return table->values + row * table->column_count;
}

/* How many of these rows are positive. */
size_t table_positives(const struct table *table, const size_t rows[], size_t count);
bool table_has_emotions(const struct table *table);

/* Deals `rows` into folds 0 to folds - 1, each with its share of positives: folds_of[i] is the
 * fold of rows[i]. Sizes of folds, and their positives, differ by one at most. UNAVAILABLE: memory
 * is out. */
MUST_CHECK enum status table_split_folds(const struct table *table, const size_t rows[],
                                         size_t count, size_t folds, uint64_t seed,
                                         uint8_t folds_of[]);

/* Parts rows into those of all other folds, which come first, and those of `fold`. Returns how many
 * the others are. */
size_t table_part_fold(const size_t rows[], size_t count, const uint8_t folds_of[], size_t fold,
                       size_t parted[]);

/* Parts rows by time: `order` gets all rows, the oldest first; the first `*train` are for training,
 * the last, about `test_share` of all, for the test. Rows of one moment stay together. */
void table_split_by_time(const struct table *table, double test_share, size_t order[],
                         size_t *train);

/* Appends a line to `warnings` for each column that alone tells the outcome (an AUC above 0.99),
 * and one if rows repeat others. `lines`: of each row, where it stands in its file. Both outcomes
 * must occur. UNAVAILABLE: memory is out. */
MUST_CHECK enum status table_doubts_tell(const struct table *table, const size_t lines[],
                                         struct buf *warnings);

#endif
