/* SPDX-License-Identifier: Apache-2.0
 *
 * The SQLite file of this process: a lock against other processes, and the one connection that
 * writes and checkpoints, behind a mutex. Handles (sql_sqlite) read by connections of their own.
 * Only one connection ever checkpoints, which keeps clear of the WAL-reset fault of SQLite 3.40.
 */
#ifndef ECS_STORE_SQL_SQLITE_H
#define ECS_STORE_SQL_SQLITE_H

#include "limits.h"
#include "store/sql.h"

struct sqlite_database;

/* Makes the file if there is none. Otherwise the status and `reason` of sqlite_file_lock or
 * sqlite_file_failed; an empty reason: memory is out. */
MUST_CHECK enum status sqlite_database_open(const char *path, struct sqlite_database **database,
                                            char reason[REASON_MAX + 1]);
/* To look at the file alone, beside its owner or without one: its handles read. As of
 * sqlite_file_check; none is made. */
MUST_CHECK enum status sqlite_database_open_to_read(const char *path,
                                                    struct sqlite_database **database,
                                                    char reason[REASON_MAX + 1]);
/* Once all handles are closed. */
void sqlite_database_close(struct sqlite_database *database);

/* A handle for one thread; its transactions wait for one another. */
MUST_CHECK enum status sql_sqlite_open(struct sqlite_database *database, struct sql **sql);

#endif
