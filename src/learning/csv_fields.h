/* SPDX-License-Identifier: Apache-2.0
 *
 * CSV text (RFC 4180) -> its fields, row by row: quotes, doubled quotes, line ends within quotes,
 * CRLF and LF, a byte order mark. Every row has as many fields as the first.
 */
#ifndef ECS_LEARNING_CSV_FIELDS_H
#define ECS_LEARNING_CSV_FIELDS_H

#include "base/slice.h"
#include "base/status.h"
#include "limits.h"

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

static inline struct slice csv_field(const struct csv_fields *fields, size_t row, size_t column)
{
    return fields->fields[row * fields->width + column];
}

#endif
