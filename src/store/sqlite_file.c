/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "process/file.h"

enum { CHECK_BUSY_MS = 5000 };

enum status sqlite_file_lock(const char *path, int *lock, char reason[REASON_MAX + 1])
{
    char name[4096];
    if (snprintf(name, sizeof name, "%s.lock", path) >= (int)sizeof name) {
        snprintf(reason, REASON_MAX + 1, "the path is longer than %zu bytes", sizeof name);
        return STATUS_INVALID;
    }
    *lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (*lock < 0) {
        int error = errno;
        snprintf(reason, REASON_MAX + 1, "cannot lock %s: %s", path, strerror(error));
        return file_status(error);
    }
    if (flock(*lock, LOCK_EX | LOCK_NB) == 0)
        return STATUS_OK;
    close(*lock);
    *lock = -1;
    snprintf(reason, REASON_MAX + 1, "another process uses this folder");
    return STATUS_CONFLICT;
}

enum status sqlite_file_failed(const char *path, sqlite3 *handle, char reason[REASON_MAX + 1])
{
    int code = handle == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(handle);
    int error = handle == NULL ? ENOMEM : sqlite3_system_errno(handle);
    const char *words = sqlite3_errstr(code);
    enum status status = STATUS_UNAVAILABLE;
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        snprintf(reason, REASON_MAX + 1, "%s is not a database", path);
        return STATUS_INVALID;
    case SQLITE_CORRUPT:
        snprintf(reason, REASON_MAX + 1, "%s is damaged (SQLite's code %d)", path, code);
        return STATUS_INVALID;
    case SQLITE_FULL:
        snprintf(reason, REASON_MAX + 1, "cannot write %s: the disk is full", path);
        return STATUS_UNAVAILABLE;
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_PERM:
        words = error == 0 ? words : strerror(error);
        status = error == 0 ? STATUS_INVALID : file_status(error);
    }
    snprintf(reason, REASON_MAX + 1, "cannot use %s: %s (SQLite's code %d)", path, words, code);
    return status;
}

enum status sqlite_file_check(const char *path, char reason[REASON_MAX + 1])
{
    sqlite3 *handle = NULL;
    reason[0] = '\0';
    if (access(path, F_OK) != 0)
        return STATUS_NOT_FOUND;
    enum status status = STATUS_OK;
    if (sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
            SQLITE_OK ||
        sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(handle, CHECK_BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(handle, "SELECT 1 FROM sqlite_schema LIMIT 1", NULL, NULL, NULL) != SQLITE_OK)
        status = sqlite_file_failed(path, handle, reason);
    sqlite3_close(handle);
    return status;
}

enum status sqlite_file_health(const char *path, struct health *health)
{
    struct statfs disk;
    if (statfs(path, &disk) != 0)
        return STATUS_UNAVAILABLE;
    health->durability = disk.f_type == TMPFS_MAGIC || disk.f_type == RAMFS_MAGIC
                             ? DURABILITY_PROCESS
                             : DURABILITY_POWER;
    int64_t free = (int64_t)disk.f_bavail * disk.f_bsize;
    int64_t share = (int64_t)disk.f_blocks * disk.f_bsize / DISK_FREE_SHARE;
    if (free >= (share < DISK_FREE_MIN ? share : DISK_FREE_MIN))
        return STATUS_OK;
    health->cause = "the disk is nearly full";
    return STATUS_UNAVAILABLE;
}
