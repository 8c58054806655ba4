/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command tells while it runs and at its end: to a person, or to a program (--json).
 *
 * A report in JSON is one document on standard output; faults and logs go to standard error either
 * way, and so does what is told meanwhile beside such a report.
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

/* The status is one line that is written over again on a terminal, and a line every few seconds
 * otherwise. All of these are safe from any thread. */

/* A status that tells how far `what` has come: a bar on a terminal. */
void report_progress(const char *what, int64_t done, int64_t total, int64_t rate);
/* What is going on, without an end. */
void report_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the status away. */
void report_status_end(void);
/* A line that stays. */
void report_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
