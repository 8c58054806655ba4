/* SPDX-License-Identifier: Apache-2.0
 *
 * The little that PostgreSQL and SQLite must have in common for the store to be written once:
 * prepared statements with $1-style parameters, rows read column by column, transactions, and one
 * statement for many rows at once. Drivers: sql_postgres, sql_sqlite.
 *
 * Statements are string constants: a driver prepares each once for a connection and knows it
 * again by its address. Outside sql_begin and sql_commit a statement must be a read. One result
 * is open at a time; the next statement, commit or rollback ends it. One thread at a time.
 */
#ifndef ECS_STORE_SQL_H
#define ECS_STORE_SQL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"
#include "ports/health.h"

enum { SQL_STATEMENT_SLOTS = 128, SQL_PARAMETERS_MAX = 20 };

struct sql;

enum sql_type {
    SQL_INTEGER, /* int64_t */
    SQL_SMALL,   /* int32_t */
    SQL_TIME,    /* int64_t, microseconds since 1970 */
    SQL_BOOLEAN,
    SQL_UUID, /* struct uuid */
    SQL_HASH, /* struct hash, kept as a uuid: sixteen bytes either way */
    SQL_TEXT,
    SQL_JSON
};

/* A parameter. What it points to must live until the call returns. */
struct sql_value {
    enum sql_type type;
    bool null;
    int64_t integer;  /* of the first four types */
    const void *data; /* of the others */
};

/* A member of an array of structures: one parameter of sql_bulk. A text is the array of char
 * itself. */
struct sql_column {
    enum sql_type type;
    const void *first;
    size_t stride;
};

/* Called for each row that sql_bulk returns; reads its columns. */
typedef void sql_row_reader(struct sql *sql, void *context);

struct sql_bulk {
    const char *text;
    const struct sql_column *columns;
    size_t column_count;
    const uint32_t *places; /* which elements, in which order; NULL: the first `count` */
    size_t count;
    sql_row_reader *read; /* NULL: the statement returns nothing */
    void *context;
};

/* For scripts that may take long: instead of the limits of a statement they have a deadline, at
 * which they are cancelled, and `goes_on` is called about once a second until then. */
struct sql_patience {
    int64_t deadline_us; /* of the monotonic clock */
    void (*goes_on)(void *context);
    void *context;
};

struct sql_ops {
    /* NULL: the usual limits again. It must live as long as it is in force. */
    enum status (*patience)(struct sql *sql, const struct sql_patience *patience);
    enum status (*begin)(struct sql *sql);
    enum status (*commit)(struct sql *sql);
    void (*rollback)(struct sql *sql);
    enum status (*script)(struct sql *sql, const char *text);
    enum status (*start)(struct sql *sql, const char *text, const struct sql_value values[],
                         size_t count);
    enum status (*next)(struct sql *sql);
    void (*end)(struct sql *sql);
    enum status (*bulk)(struct sql *sql, const struct sql_bulk *bulk);
    bool (*null)(struct sql *sql);
    int64_t (*integer)(struct sql *sql, enum sql_type type);
    const void *(*bytes)(struct sql *sql, size_t *size);
    enum status (*health)(struct sql *sql, struct health *health);
    void (*close)(struct sql *sql);
};

struct sql {
    const struct sql_ops *ops;
    bool worth_repeating;    /* the last failure was a deadlock or the like: try once more */
    const atomic_bool *gate; /* while it is false every call is UNAVAILABLE; NULL: there is none */
};

static inline bool sql_is_shut(const struct sql *sql)
{
    return sql->gate != NULL && !atomic_load(sql->gate);
}

MUST_CHECK static inline enum status sql_patience(struct sql *sql,
                                                  const struct sql_patience *patience)
{
    return sql->ops->patience(sql, patience);
}

/* Starts a transaction that writes. */
MUST_CHECK static inline enum status sql_begin(struct sql *sql)
{
    return sql_is_shut(sql) ? STATUS_UNAVAILABLE : sql->ops->begin(sql);
}

/* UNAVAILABLE: it may have happened or not. */
MUST_CHECK static inline enum status sql_commit(struct sql *sql)
{
    return sql->ops->commit(sql);
}

/* Does nothing where there is no transaction. */
static inline void sql_rollback(struct sql *sql)
{
    sql->ops->rollback(sql);
}

/* Commits if all went well, else rolls back and hands the status on. */
MUST_CHECK enum status sql_finish(struct sql *sql, enum status status);

/* Several statements parted by semicolons. */
MUST_CHECK static inline enum status sql_script(struct sql *sql, const char *text)
{
    return sql->ops->script(sql, text);
}

/* OK: a row can be read. NOT_FOUND: there are no more, and the result is ended. */
MUST_CHECK static inline enum status sql_next(struct sql *sql)
{
    return sql->ops->next(sql);
}

static inline void sql_end(struct sql *sql)
{
    sql->ops->end(sql);
}

/* For loops over rows: true if there is another one, else `status` is how the loop ends. */
MUST_CHECK static inline bool sql_row(struct sql *sql, enum status *status)
{
    return *status == STATUS_OK && (*status = sql_next(sql)) == STATUS_OK;
}

/* After such a loop: that there are no more rows is a good end. */
MUST_CHECK static inline enum status sql_rows_end(struct sql *sql, enum status status)
{
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* One statement, once for each element. */
MUST_CHECK static inline enum status sql_bulk(struct sql *sql, const struct sql_bulk *bulk)
{
    if (sql_is_shut(sql))
        return STATUS_UNAVAILABLE;
    return bulk->count == 0 ? STATUS_OK : sql->ops->bulk(sql, bulk);
}

/* OK: the database answers, and has room. `health` as in store_health. */
MUST_CHECK static inline enum status sql_health(struct sql *sql, struct health *health)
{
    return sql_is_shut(sql) ? STATUS_UNAVAILABLE : sql->ops->health(sql, health);
}

/* A connection to PostgreSQL for one thread, made by its first use. A server that has gone is
 * UNAVAILABLE; the next call outside a transaction connects anew, to whichever host of `url` then
 * takes writes. INVALID: `url` is not sound (postgres_check.h). */
MUST_CHECK enum status sql_postgres_open(const char *url, struct sql **sql);

static inline void sql_close(struct sql *sql)
{
    sql->ops->close(sql);
}

MUST_CHECK enum status sql_start_values(struct sql *sql, const char *text,
                                        const struct sql_value values[], size_t count);
MUST_CHECK enum status sql_one_values(struct sql *sql, const char *text,
                                      const struct sql_value values[], size_t count);
MUST_CHECK enum status sql_do_values(struct sql *sql, const char *text,
                                     const struct sql_value values[], size_t count, int64_t *rows);
MUST_CHECK enum status sql_alone_values(struct sql *sql, const char *text,
                                        const struct sql_value values[], size_t count,
                                        int64_t *rows);
MUST_CHECK enum status sql_one_number_values(struct sql *sql, const char *text,
                                             const struct sql_value values[], size_t count,
                                             int64_t *number);

#define SQL_VALUES(...)                                                                            \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)

/* Starts a statement, whose rows sql_next then reads. */
#define sql_start(sql, text, ...) sql_start_values((sql), (text), SQL_VALUES(__VA_ARGS__))
/* The same, and reads the first row: NOT_FOUND if there is none. */
#define sql_one(sql, text, ...) sql_one_values((sql), (text), SQL_VALUES(__VA_ARGS__))
/* Runs a statement to its end; rows that it returns are counted in `rows`, unless that is NULL. */
#define sql_do(sql, text, rows, ...) sql_do_values((sql), (text), SQL_VALUES(__VA_ARGS__), (rows))
/* The same, as a transaction of its own. */
#define sql_alone(sql, text, rows, ...)                                                            \
    sql_alone_values((sql), (text), SQL_VALUES(__VA_ARGS__), (rows))
/* The first column of the first row, an integer; without a row it stays as it is: NOT_FOUND. */
#define sql_one_number(sql, text, number, ...)                                                     \
    sql_one_number_values((sql), (text), SQL_VALUES(__VA_ARGS__), (number))

static inline struct sql_value sql_integer(int64_t integer)
{
    return (struct sql_value){.type = SQL_INTEGER, .integer = integer};
}

static inline struct sql_value sql_time(int64_t time_us)
{
    return (struct sql_value){.type = SQL_TIME, .integer = time_us};
}

static inline struct sql_value sql_boolean(bool boolean)
{
    return (struct sql_value){.type = SQL_BOOLEAN, .integer = boolean};
}

static inline struct sql_value sql_uuid(const struct uuid *uuid)
{
    return (struct sql_value){.type = SQL_UUID, .data = uuid->bytes};
}

static inline struct sql_value sql_hash(const struct hash *hash)
{
    return (struct sql_value){.type = SQL_HASH, .data = hash->bytes};
}

static inline struct sql_value sql_text(const char *text)
{
    return (struct sql_value){.type = SQL_TEXT, .data = text};
}

/* The slot of a prepared statement: the one that holds `text`, or a free one (NULL). The program
 * ends if all are taken by others: there must be more slots than statements. */
size_t sql_statement_slot(const char *const texts[SQL_STATEMENT_SLOTS], const char *text);

/* The next column of the row; each call goes one column on. NULL reads as 0 or "". */
int64_t sql_row_integer(struct sql *sql);
int64_t sql_row_time_us(struct sql *sql);
bool sql_row_boolean(struct sql *sql);
struct uuid sql_row_uuid(struct sql *sql);
struct hash sql_row_hash(struct sql *sql);
/* A text that is longer than `size` - 1 is cut. */
void sql_row_text(struct sql *sql, char *text, size_t size);

/* True if the next column is NULL; stays there. */
static inline bool sql_row_is_null(struct sql *sql)
{
    return sql->ops->null(sql);
}

#endif
