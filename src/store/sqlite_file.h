/* SPDX-License-Identifier: Apache-2.0
 *
 * A database file under DATA_DIR, before and beside its connections: the lock against other
 * processes, why it cannot be opened, and the disk under it.
 */
#ifndef ECS_STORE_SQLITE_FILE_H
#define ECS_STORE_SQLITE_FILE_H

#include <sqlite3.h>

#include "base/status.h"
#include "limits.h"
#include "ports/health.h"

/* Locks `path`.lock, which is made if it is missing; closing the file ends the lock; -1 if
 * there is none. It is a file of its own: closing any descriptor of the database would drop
 * SQLite's locks on it. CONFLICT: another process holds it. INVALID and UNAVAILABLE as in
 * sqlite_file_failed. */
MUST_CHECK enum status sqlite_file_lock(const char *path, int *lock, char reason[REASON_MAX + 1]);

/* Why a connection could not be opened or prepared. INVALID: the file is no database, or somebody
 * must change something. UNAVAILABLE: waiting may mend it. */
MUST_CHECK enum status sqlite_file_failed(const char *path, sqlite3 *handle,
                                          char reason[REASON_MAX + 1]);

/* Looks whether a database can be read there; makes none, and changes nothing. NOT_FOUND: there is
 * no file. INVALID and UNAVAILABLE as in sqlite_file_failed. */
MUST_CHECK enum status sqlite_file_check(const char *path, char reason[REASON_MAX + 1]);

/* UNAVAILABLE while less is free than DISK_FREE_MIN and a DISK_FREE_SHARE-th of the disk, so that
 * it is told before a write fails. Commits are synced to the disk; where that is memory, they
 * outlive the process alone. */
MUST_CHECK enum status sqlite_file_health(const char *path, struct health *health);

#endif
