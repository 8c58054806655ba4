/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql_sqlite.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "adapters/clock.h"
#include "limits.h"
#include "process/file.h"
#include "process/log.h"
#include "process/steady.h"
#include "store/sqlite_file.h"

/* The writer keeps what a batch of events touches; readers read a person's few pages. No mmap:
 * an I/O error must be a status, not a signal. */
static const char writer_settings[] = "PRAGMA journal_mode = WAL;"
                                      "PRAGMA synchronous = FULL;"
                                      "PRAGMA foreign_keys = ON;"
                                      "PRAGMA busy_timeout = 5000;"
                                      "PRAGMA wal_autocheckpoint = 4000;"
                                      "PRAGMA journal_size_limit = 67108864;"
                                      "PRAGMA cache_size = -10240";
static const char reader_settings[] = "PRAGMA query_only = ON;"
                                      "PRAGMA busy_timeout = 5000;"
                                      "PRAGMA wal_autocheckpoint = 0;"
                                      "PRAGMA cache_size = -512";

struct sqlite_statement {
    sqlite3_stmt *handle;
    int index_of[SQL_PARAMETERS_MAX]; /* SQLite's number of $1, $2, …; 0: not in the text */
};

/* A connection with its prepared statements. One thread at a time. */
struct sqlite_connection {
    sqlite3 *handle;
    const char *texts[SQL_STATEMENT_SLOTS];
    struct sqlite_statement statements[SQL_STATEMENT_SLOTS];
};

struct sqlite_database {
    int lock;
    pthread_mutex_t mutex; /* held for the length of a transaction */
    struct sqlite_connection writer;
    char path[];
};

struct sql_sqlite {
    struct sql base;
    struct sqlite_database *database;
    struct sqlite_connection reader;
    bool writing;
    struct sqlite_connection *connection; /* of the open result */
    sqlite3_stmt *result;                 /* NULL: none is open */
    int column;
};

/* What a result code means; logged if it is a failure of the database. */
static enum status connection_status(struct sqlite_connection *connection, int code)
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

static void connection_close(struct sqlite_connection *connection)
{
    for (size_t i = 0; i < SQL_STATEMENT_SLOTS; i++)
        sqlite3_finalize(connection->statements[i].handle);
    sqlite3_close(connection->handle);
    memset(connection, 0, sizeof *connection);
}

/* `settings`: pragmas. A connection that failed to open needs no close; its status and `reason` are
 * those of sqlite_file_failed. */
static enum status connection_open(struct sqlite_connection *connection, const char *path,
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
    connection_close(connection);
    return status;
}

/* Several statements, not kept. */
static enum status connection_script(struct sqlite_connection *connection, const char *text)
{
    return connection_status(connection, sqlite3_exec(connection->handle, text, NULL, NULL, NULL));
}

/* The prepared statement of a text, ready to be bound. */
static enum status connection_prepare(struct sqlite_connection *connection, const char *text,
                                      struct sqlite_statement **statement)
{
    size_t slot = sql_statement_slot(connection->texts, text);
    struct sqlite_statement *found = &connection->statements[slot];
    *statement = found;
    assert((connection->texts[slot] == NULL) == (found->handle == NULL));
    if (found->handle != NULL)
        return STATUS_OK;
    int code = sqlite3_prepare_v3(connection->handle, text, -1, SQLITE_PREPARE_PERSISTENT,
                                  &found->handle, NULL);
    if (code != SQLITE_OK)
        return connection_status(connection, code);
    /* To SQLite $1 is a name: parameters are numbered in the order in which they first come. */
    for (int i = 0; i < SQL_PARAMETERS_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "$%d", i + 1);
        found->index_of[i] = sqlite3_bind_parameter_index(found->handle, name);
    }
    connection->texts[slot] = text;
    return STATUS_OK;
}

/* Neither locked nor connected yet. NULL: memory is out. */
static struct sqlite_database *database_create(const char *path)
{
    size_t path_size = strlen(path) + 1;
    struct sqlite_database *database = calloc(1, sizeof *database + path_size);
    if (database == NULL)
        return NULL;
    memcpy(database->path, path, path_size);
    database->lock = -1;
    pthread_mutex_init(&database->mutex, NULL);
    return database;
}

enum status sqlite_database_open_to_read(const char *path, struct sqlite_database **out,
                                         char reason[REASON_MAX + 1])
{
    enum status status = sqlite_file_check(path, reason);
    if (status != STATUS_OK)
        return status;
    *out = database_create(path);
    return *out == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
}

enum status sqlite_database_open(const char *path, struct sqlite_database **out,
                                 char reason[REASON_MAX + 1])
{
    struct sqlite_database *database = database_create(path);
    reason[0] = '\0';
    if (database == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = sqlite_file_lock(path, &database->lock, reason);
    if (status == STATUS_OK) {
        file_make_database_private(path);
        status = connection_open(&database->writer, path, writer_settings, reason);
    }
    if (status == STATUS_OK)
        *out = database;
    else
        sqlite_database_close(database);
    return status;
}

void sqlite_database_close(struct sqlite_database *database)
{
    connection_close(&database->writer);
    if (database->lock >= 0)
        close(database->lock);
    pthread_mutex_destroy(&database->mutex);
    free(database);
}

static struct sql_sqlite *self(struct sql *sql)
{
    return (struct sql_sqlite *)sql;
}

static void result_end(struct sql *sql)
{
    struct sql_sqlite *lite = self(sql);
    if (lite->result != NULL)
        sqlite3_reset(lite->result);
    lite->result = NULL;
}

static int progress(void *argument)
{
    const struct sql_patience *patience = argument;
    patience->goes_on(patience->context);
    return steady_now_us() > patience->deadline_us;
}

/* A file has no limits of time but this one. */
static enum status patience_set(struct sql *sql, const struct sql_patience *patience)
{
    enum { STEPS = 10000000 }; /* about a second */
    struct sqlite_database *database = self(sql)->database;
    pthread_mutex_lock(&database->mutex);
    sqlite3_progress_handler(database->writer.handle, STEPS, patience == NULL ? NULL : progress,
                             (void *)(uintptr_t)patience);
    pthread_mutex_unlock(&database->mutex);
    return STATUS_OK;
}

static enum status transaction_begin(struct sql *sql)
{
    struct sql_sqlite *lite = self(sql);
    result_end(sql);
    if (lite->database->lock < 0)
        return STATUS_FORBIDDEN; /* opened to read */
    assert(!lite->writing);      /* or it would wait for itself */
    pthread_mutex_lock(&lite->database->mutex);
    enum status status = connection_script(&lite->database->writer, "BEGIN IMMEDIATE");
    lite->writing = status == STATUS_OK;
    if (!lite->writing)
        pthread_mutex_unlock(&lite->database->mutex);
    return status;
}

/* Lets the next writer in. A transaction that is still open ends without effect. */
static void transaction_leave(struct sql_sqlite *lite)
{
    struct sqlite_connection *writer = &lite->database->writer;
    assert(lite->writing);
    if (!sqlite3_get_autocommit(writer->handle))
        sqlite3_exec(writer->handle, "ROLLBACK", NULL, NULL, NULL);
    lite->writing = false;
    pthread_mutex_unlock(&lite->database->mutex);
}

static enum status transaction_commit(struct sql *sql)
{
    struct sql_sqlite *lite = self(sql);
    assert(lite->writing);
    result_end(sql);
    enum status status = connection_script(&lite->database->writer, "COMMIT");
    transaction_leave(lite);
    return status;
}

static void transaction_rollback(struct sql *sql)
{
    result_end(sql);
    if (self(sql)->writing)
        transaction_leave(self(sql));
}

static struct sqlite_connection *connection_now(struct sql_sqlite *lite)
{
    return lite->writing ? &lite->database->writer : &lite->reader;
}

static enum status script(struct sql *sql, const char *text)
{
    result_end(sql);
    return connection_script(connection_now(self(sql)), text);
}

static int bind_bytes(sqlite3_stmt *statement, int index, enum sql_type type, const void *data)
{
    if (type == SQL_UUID || type == SQL_HASH)
        return sqlite3_bind_blob(statement, index, data, HASH_SIZE, SQLITE_STATIC);
    return sqlite3_bind_text(statement, index, data, -1, SQLITE_STATIC);
}

static int bind_value(sqlite3_stmt *statement, int index, const struct sql_value *value)
{
    if (value->null)
        return sqlite3_bind_null(statement, index);
    if (value->data != NULL)
        return bind_bytes(statement, index, value->type, value->data);
    return sqlite3_bind_int64(statement, index, value->integer);
}

static enum status start(struct sql *sql, const char *text, const struct sql_value values[],
                         size_t count)
{
    struct sql_sqlite *lite = self(sql);
    lite->connection = connection_now(lite);
    struct sqlite_statement *statement;
    enum status status = connection_prepare(lite->connection, text, &statement);
    if (status != STATUS_OK)
        return status;
    int code = SQLITE_OK;
    for (size_t i = 0; i < count && code == SQLITE_OK; i++)
        code = bind_value(statement->handle, statement->index_of[i], &values[i]);
    if (code != SQLITE_OK)
        return connection_status(lite->connection, code);
    assert(lite->result == NULL);
    lite->result = statement->handle;
    return STATUS_OK;
}

static enum status next(struct sql *sql)
{
    struct sql_sqlite *lite = self(sql);
    assert(lite->result != NULL);
    int code = sqlite3_step(lite->result);
    lite->column = 0;
    if (code == SQLITE_ROW)
        return STATUS_OK;
    enum status status = connection_status(lite->connection, code);
    result_end(sql);
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

static int bind_element(sqlite3_stmt *statement, int index, const struct sql_column *column,
                        size_t place)
{
    const char *member = (const char *)column->first + place * column->stride;
    switch (column->type) {
    case SQL_SMALL:
        return sqlite3_bind_int64(statement, index, *(const int32_t *)(const void *)member);
    case SQL_INTEGER:
    case SQL_TIME:
        return sqlite3_bind_int64(statement, index, *(const int64_t *)(const void *)member);
    case SQL_BOOLEAN:
        return sqlite3_bind_int64(statement, index, *(const bool *)member);
    default:
        return bind_bytes(statement, index, column->type, member);
    }
}

static enum status bulk_one(struct sql *sql, struct sqlite_statement *statement,
                            const struct sql_bulk *bulk, size_t place)
{
    struct sql_sqlite *lite = self(sql);
    assert(lite->result == NULL && bulk->column_count <= SQL_PARAMETERS_MAX);
    for (size_t i = 0; i < bulk->column_count; i++) {
        int code =
            bind_element(statement->handle, statement->index_of[i], &bulk->columns[i], place);
        if (code != SQLITE_OK)
            return connection_status(lite->connection, code);
    }
    lite->result = statement->handle;
    enum status status;
    while ((status = next(sql)) == STATUS_OK)
        bulk->read(sql, bulk->context);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status bulk(struct sql *sql, const struct sql_bulk *bulk)
{
    struct sql_sqlite *lite = self(sql);
    result_end(sql);
    lite->connection = connection_now(lite);
    struct sqlite_statement *statement;
    enum status status = connection_prepare(lite->connection, bulk->text, &statement);
    for (size_t i = 0; i < bulk->count && status == STATUS_OK; i++)
        status = bulk_one(sql, statement, bulk, bulk->places == NULL ? i : bulk->places[i]);
    return status;
}

/* The next column of the row, which there must be. */
static int column_next(const struct sql_sqlite *lite)
{
    assert(lite->result != NULL && lite->column < sqlite3_data_count(lite->result));
    return lite->column;
}

static bool null(struct sql *sql)
{
    return sqlite3_column_type(self(sql)->result, column_next(self(sql))) == SQLITE_NULL;
}

static int64_t integer(struct sql *sql, enum sql_type type)
{
    struct sql_sqlite *lite = self(sql);
    (void)type;
    int64_t integer = sqlite3_column_int64(lite->result, column_next(lite));
    lite->column++;
    return integer;
}

static const void *bytes(struct sql *sql, size_t *size)
{
    struct sql_sqlite *lite = self(sql);
    const void *data = sqlite3_column_blob(lite->result, column_next(lite));
    *size = (size_t)sqlite3_column_bytes(lite->result, lite->column);
    lite->column++;
    return data;
}

static enum status health(struct sql *sql, struct health *health)
{
    clock_system_watch();
    enum status status = sqlite_file_health(self(sql)->database->path, health);
    return status == STATUS_OK ? sql_do_values(sql, "SELECT 1", NULL, 0, NULL) : status;
}

static void handle_close(struct sql *sql)
{
    transaction_rollback(sql);
    connection_close(&self(sql)->reader);
    free(sql);
}

static const struct sql_ops ops = {
    .patience = patience_set,
    .begin = transaction_begin,
    .commit = transaction_commit,
    .rollback = transaction_rollback,
    .script = script,
    .start = start,
    .next = next,
    .end = result_end,
    .bulk = bulk,
    .null = null,
    .integer = integer,
    .bytes = bytes,
    .health = health,
    .close = handle_close,
};

enum status sql_sqlite_open(struct sqlite_database *database, struct sql **sql)
{
    struct sql_sqlite *lite = calloc(1, sizeof *lite);
    if (lite == NULL)
        return STATUS_UNAVAILABLE;
    char reason[REASON_MAX + 1];
    enum status status = connection_open(&lite->reader, database->path, reader_settings, reason);
    if (status != STATUS_OK) {
        log_warn("database cannot be read", LOG_TEXT("reason", reason));
        free(lite);
        return status;
    }
    /* The writer is the last to close, and alone checkpoints. */
    sqlite3_db_config(lite->reader.handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    lite->base.ops = &ops;
    lite->database = database;
    *sql = &lite->base;
    return STATUS_OK;
}
