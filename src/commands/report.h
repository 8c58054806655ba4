/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a command reports to a person or to a program (--json). A report in JSON is one document
 * on standard output; faults and logs go to standard error either way.
 */
#ifndef ECS_COMMANDS_REPORT_H
#define ECS_COMMANDS_REPORT_H

#include "base/buf.h"
#include "base/uuid.h"

enum { REPORT_MAX = 64 * 1024 * 1024 };

/* Called at most once, before the command runs. */
void report_choose_json(void);
bool report_is_json(void);
/* Begins a document: an object that is open. */
void report_begin(struct buf *report);
/* A member of the object that is open: its name, and a value. */
void report_text(struct buf *report, const char *name, const char *value);
void report_integer(struct buf *report, const char *name, int64_t value);
void report_boolean(struct buf *report, const char *name, bool value);
/* value / 10^places. */
void report_decimal(struct buf *report, const char *name, int64_t value, int places);
/* A measurement, rounded to so many decimals. */
void report_rounded(struct buf *report, const char *name, double value, int places);
void report_time(struct buf *report, const char *name, int64_t time_us);
void report_uuid(struct buf *report, const char *name, const struct uuid *id);
/* Closes the object, prints the document with a line end, and frees the buffer. */
void report_end(struct buf *report);

#endif
