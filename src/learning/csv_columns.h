/* SPDX-License-Identifier: Apache-2.0
 *
 * Fields of a CSV file -> the columns of a table: which are numbers, which are categories, and
 * which say nothing and are left out.
 */
#ifndef ECS_LEARNING_CSV_COLUMNS_H
#define ECS_LEARNING_CSV_COLUMNS_H

#include "base/buf.h"
#include "learning/csv_fields.h"
#include "learning/table.h"

/* Adds a column to the table for each field but `label` and `time` (the width: none); `places` has
 * room for the width, and gets the field of each column. `warnings` gets a line for each column
 * that is left out, or is a category though it has numbers. INVALID, with the reason and the line
 * it is on: nearly all values of a column are numbers, or a feature of ECS has one that is none. */
MUST_CHECK enum status csv_columns_add(const struct csv_fields *fields, size_t label, size_t time,
                                       struct table *table, size_t places[], struct buf *warnings,
                                       char reason[REASON_MAX + 1]);

#endif
