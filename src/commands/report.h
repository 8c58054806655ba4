/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a command reports to a person or to a program (--json). A report in JSON is one document
 * on standard output; faults and logs go to standard error either way.
 */
#ifndef ECS_COMMANDS_REPORT_H
#define ECS_COMMANDS_REPORT_H

#include "base/json_put.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

/* Called at most once, before the command runs. */
void report_choose_json(void);
bool report_is_json(void);
/* Begins a document: an object that is open. */
void report_begin(struct buf *report);
/* A member of the object that is open: a measurement, rounded to so many decimals. */
void report_rounded(struct buf *report, const char *name, double value, int places);
/* Closes the object, prints the document with a line end, and frees the buffer. */
void report_end(struct buf *report);

#endif
