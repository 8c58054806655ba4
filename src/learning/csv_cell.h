/* SPDX-License-Identifier: Apache-2.0
 *
 * One cell of a CSV file: is it missing, a number, or something that was meant as one?
 */
#ifndef ECS_LEARNING_CSV_CELL_H
#define ECS_LEARNING_CSV_CELL_H

#include "learning/csv_fields.h"

enum { CSV_CELL_SHOWN_MAX = 40 }; /* bytes of a cell that a message shows */

/* Without the blanks around it. Row 0 is the header. */
struct slice csv_cell(const struct csv_fields *fields, size_t row, size_t column);
/* Empty, NA, N/A, NaN, ? or null, in either case. */
bool csv_cell_is_missing(struct slice cell);
/* A decimal number, finite, with a point if it has a fraction. */
bool csv_cell_number(struct slice cell, double *value);
/* A number but for signs of money, per cent, commas, blanks or quotes, or an infinite one. */
bool csv_cell_resembles_number(struct slice cell);
/* For qsort: by their bytes. */
int csv_cell_order(const void *a, const void *b);
/* How many bytes of it a message shows: whole characters. */
int csv_cell_shown(struct slice cell);

#endif
