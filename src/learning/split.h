/* SPDX-License-Identifier: Apache-2.0
 *
 * Which rows a model is trained on, and which it is tested on.
 */
#ifndef ECS_LEARNING_SPLIT_H
#define ECS_LEARNING_SPLIT_H

#include "learning/table.h"

/* Deals `rows` into folds 0 to folds - 1, each with its share of positives: folds_of[i] is the
 * fold of rows[i]. Sizes of folds, and their positives, differ by one at most. UNAVAILABLE: memory
 * is out. */
MUST_CHECK enum status split_folds(const struct table *table, const size_t rows[], size_t count,
                                   size_t folds, uint64_t seed, uint8_t folds_of[]);

/* Parts rows by time: `order` gets all rows, the oldest first; the first `*train` are for training,
 * the last, about `test_share` of all, for the test. Rows of one moment stay together. */
void split_by_time(const struct table *table, double test_share, size_t order[], size_t *train);

#endif
