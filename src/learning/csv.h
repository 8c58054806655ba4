/* SPDX-License-Identifier: Apache-2.0
 *
 * CSV (RFC 4180) -> a table. The first line names the columns. A column whose values all are
 * numbers is numeric; any other is a category, whose levels are its MODEL_LEVELS_MAX most frequent
 * values, in alphabetical order. Empty, NA, ? and null, in either case, are missing.
 *
 * A column that is nearly all numbers is refused, for the odd values in it are likely mistakes. If
 * it has but a few different values it may be one of codes, and is a category, with a warning.
 *
 * A column that is named like a feature of ECS (docs/features.md) is that feature: it must be of
 * numbers, and has the feature's group and direction.
 *
 * A column that has one value, or a category in which hardly any value comes twice (a name, a
 * number of a contract), says nothing and is left out, with a warning. What is suspicious is warned
 * about too (table_doubts_tell).
 */
#ifndef ECS_LEARNING_CSV_H
#define ECS_LEARNING_CSV_H

#include "base/buf.h"
#include "learning/table.h"

struct csv_options {
    const char *label;    /* name of the column of outcomes */
    const char *positive; /* the outcome to predict; there must be exactly one other */
    const char *time;     /* name of the column that tells when: numbers, or ISO 8601; NULL: none */
};

/* Fills an empty table. `text` is the file, and is written over; `warnings` gets a line for
 * each. INVALID, with the reason and the line it is on. */
MUST_CHECK enum status csv_parse(char *text, size_t size, const struct csv_options *options,
                                 struct table *table, struct buf *warnings,
                                 char reason[REASON_MAX + 1]);
/* The same from a file. UNAVAILABLE: it cannot be read. TOO_LARGE: CSV_FILE_MAX. */
MUST_CHECK enum status csv_read(const char *path, const struct csv_options *options,
                                struct table *table, struct buf *warnings,
                                char reason[REASON_MAX + 1]);

#endif
