/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sqlite_connection.h"

#include <stdio.h>
#include <string.h>

#include "adapters/clock_system.h"
#include "process/log.h"
#include "store/sqlite_file.h"

enum status sqlite_connection_status(struct sqlite_connection *connection, int code)
{
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE)
        return STATUS_OK;
    int detail = connection->handle == NULL ? code : sqlite3_extended_errcode(connection->handle);
    if (detail == SQLITE_CONSTRAINT_UNIQUE || detail == SQLITE_CONSTRAINT_PRIMARYKEY ||
        detail == SQLITE_CONSTRAINT_FOREIGNKEY)
        return STATUS_CONFLICT;
    char cause[12];
    snprintf(cause, sizeof cause, "%d", detail);
    log_seldom(LOG_WARN, cause, "database refused", LOG_TEXT("engine", "sqlite"),
               LOG_INTEGER("code", detail));
    if (detail == SQLITE_CONSTRAINT_CHECK)
        return STATUS_INVALID;
    switch (code & 0xff) {
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
        return STATUS_INVALID;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_NOMEM:
        return STATUS_UNAVAILABLE;
    default:
        return STATUS_INTERNAL;
    }
}

/* SQL's clock_us(): SQLite's own 'now' jumps when the machine's clock is set. */
static void clock_us(sqlite3_context *context, int count, sqlite3_value **values)
{
    (void)count, (void)values;
    sqlite3_result_int64(context, clock_now_us(clock_system()));
}

enum status sqlite_connection_open(struct sqlite_connection *connection, const char *path,
                                   const char *settings, char reason[REASON_MAX + 1])
{
    memset(connection, 0, sizeof *connection);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &connection->handle, flags, NULL) == SQLITE_OK &&
        sqlite3_exec(connection->handle, settings, NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_create_function_v2(connection->handle, "clock_us", 0, SQLITE_UTF8, NULL, clock_us,
                                   NULL, NULL, NULL) == SQLITE_OK)
        return STATUS_OK;
    enum status status = sqlite_file_failed(path, connection->handle, reason);
    sqlite_connection_close(connection);
    return status;
}

void sqlite_connection_close(struct sqlite_connection *connection)
{
    for (size_t i = 0; i < SQL_STATEMENT_SLOTS; i++)
        sqlite3_finalize(connection->statements[i].handle);
    sqlite3_close(connection->handle);
    memset(connection, 0, sizeof *connection);
}

enum status sqlite_connection_script(struct sqlite_connection *connection, const char *text)
{
    return sqlite_connection_status(connection,
                                    sqlite3_exec(connection->handle, text, NULL, NULL, NULL));
}

enum status sqlite_connection_prepare(struct sqlite_connection *connection, const char *text,
                                      struct sqlite_statement **statement)
{
    size_t slot = sql_statement_slot(connection->texts, text);
    struct sqlite_statement *found = &connection->statements[slot];
    *statement = found;
    if (connection->texts[slot] != NULL)
        return STATUS_OK;
    int code = sqlite3_prepare_v3(connection->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
                                  &found->handle, NULL);
    if (code != SQLITE_OK)
        return sqlite_connection_status(connection, code);
    /* To SQLite $1 is a name: parameters are numbered in the order in which they first come. */
    for (int i = 0; i < SQL_PARAMETERS_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "$%d", i + 1);
        found->index_of[i] = sqlite3_bind_parameter_index(found->handle, name);
    }
    connection->texts[slot] = text;
    return STATUS_OK;
}
