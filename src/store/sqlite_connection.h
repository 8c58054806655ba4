/* SPDX-License-Identifier: Apache-2.0
 *
 * One SQLite connection with its prepared statements. One thread at a time.
 */
#ifndef ECS_STORE_SQLITE_CONNECTION_H
#define ECS_STORE_SQLITE_CONNECTION_H

#include <sqlite3.h>

#include "limits.h"
#include "store/sql.h"

struct sqlite_statement {
    sqlite3_stmt *handle;
    int index_of[SQL_PARAMETERS_MAX]; /* SQLite's number of $1, $2, …; 0: not in the text */
};

struct sqlite_connection {
    sqlite3 *handle;
    const char *texts[SQL_STATEMENT_SLOTS];
    struct sqlite_statement statements[SQL_STATEMENT_SLOTS];
};

/* `settings`: pragmas. A connection that failed to open needs no close; its status and `reason` are
 * those of sqlite_file_failed. */
MUST_CHECK enum status sqlite_connection_open(struct sqlite_connection *connection,
                                              const char *path, const char *settings,
                                              char reason[REASON_MAX + 1]);
void sqlite_connection_close(struct sqlite_connection *connection);
/* Several statements, not kept. */
MUST_CHECK enum status sqlite_connection_script(struct sqlite_connection *connection,
                                                const char *text);
/* The prepared statement of a text, ready to be bound. */
MUST_CHECK enum status sqlite_connection_prepare(struct sqlite_connection *connection,
                                                 const char *text,
                                                 struct sqlite_statement **statement);
/* What a result code means; logged if it is a failure of the database. */
MUST_CHECK enum status sqlite_connection_status(struct sqlite_connection *connection, int code);

#endif
