/* SPDX-License-Identifier: Apache-2.0
 *
 * What the simulation shows: one line that is written over again on a terminal, and a line every
 * few seconds otherwise. Safe from any thread.
 */
#ifndef ECS_COMMANDS_SIMULATE_SHOW_H
#define ECS_COMMANDS_SIMULATE_SHOW_H

#include <stdint.h>

/* How far `what` has come: a bar on a terminal. */
void show_progress(const char *what, int64_t done, int64_t total, int64_t rate);
/* What is going on, without an end. */
void show_status(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Takes the status away. */
void show_end(void);
/* A line that stays. */
void show_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
