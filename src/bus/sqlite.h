/* SPDX-License-Identifier: Apache-2.0
 *
 * Bus: a durable log in one SQLite file, for one process. A message is stored when its
 * transaction is on disk (WAL, synchronous FULL); bus_flush commits all that is queued at once.
 * Without a thread that calls bus_flush nothing is ever stored: runner/runner.c has one.
 */
#ifndef ECS_BUS_SQLITE_H
#define ECS_BUS_SQLITE_H

#include "base/status.h"
#include "ports/bus.h"
#include "ports/clock.h"

/* Creates the file if there is none. Otherwise the status and `reason` of sqlite_file_lock or
 * sqlite_file_failed; an empty reason: memory is out. The clock must outlive the bus. */
MUST_CHECK enum status bus_sqlite_open(const char *path, struct clock *clock, struct bus **bus,
                                       char reason[REASON_MAX + 1]);

/* To look at the log alone, beside its owner or without one: only bus_read and bus_lag may be
 * called. As of sqlite_file_check; none is made. */
MUST_CHECK enum status bus_sqlite_open_to_read(const char *path, struct bus **bus,
                                               char reason[REASON_MAX + 1]);

#endif
