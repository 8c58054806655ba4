/* SPDX-License-Identifier: Apache-2.0
 *
 * The cells of a CSV file, and of one: is it missing, a number, or something that was meant as one?
 */
#ifndef ECS_LEARNING_CSV_CELL_H
#define ECS_LEARNING_CSV_CELL_H

#include "base/slice.h"
#include "base/status.h"
#include "limits.h"

/* CSV text (RFC 4180) -> its fields, row by row: quotes, doubled quotes, line ends within quotes,
 * CRLF and LF, a byte order mark. Every row has as many fields as the first. */
struct csv_fields {
    struct slice *fields; /* owned; row-major, the header first; within the text */
    size_t *lines;        /* owned; where each row begins, from 1 */
    size_t row_count;     /* with the header */
    size_t width;         /* fields of a row */
};

/* Takes quotes out in place, so `text` is written over, and must outlive the fields. INVALID, with
 * the reason and its line; nothing is left behind. */
MUST_CHECK enum status csv_fields_split(char *text, size_t size, struct csv_fields *fields,
                                        char reason[REASON_MAX + 1]);
void csv_fields_free(struct csv_fields *fields);

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
