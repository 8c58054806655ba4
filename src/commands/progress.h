/* SPDX-License-Identifier: Apache-2.0
 *
 * What the simulation shows: one line that is written over again on a terminal, and a line every
 * few seconds otherwise. Safe from any thread.
 */
#ifndef ECS_COMMANDS_PROGRESS_H
#define ECS_COMMANDS_PROGRESS_H

#include <stdint.h>

/* How far `what` has come: a bar on a terminal. */
void progress_bar(const char *what, int64_t done, int64_t total, int64_t rate);
/* What is going on, without an end. */
void progress_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the status away. */
void progress_end(void);
/* A line that stays. */
void progress_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
