/* SPDX-License-Identifier: Apache-2.0
 *
 * What is suspicious about a table that a model is to learn from.
 */
#ifndef ECS_LEARNING_DOUBTS_H
#define ECS_LEARNING_DOUBTS_H

#include "base/buf.h"
#include "learning/table.h"

/* Appends a line to `warnings` for each column that alone tells the outcome (an AUC above 0.99),
 * and one if rows repeat others. `lines`: of each row, where it stands in its file. Both outcomes
 * must occur. UNAVAILABLE: memory is out. */
MUST_CHECK enum status doubts_tell(const struct table *table, const size_t lines[],
                                   struct buf *warnings);

#endif
