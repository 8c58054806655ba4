/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include <assert.h>
#include <string.h>

enum status sql_finish(struct sql *sql, enum status status)
{
    if (status == STATUS_OK)
        status = sql_commit(sql);
    if (status != STATUS_OK)
        sql_rollback(sql);
    return status;
}

enum status sql_start_values(struct sql *sql, const char *text, const struct sql_value values[],
                             size_t count)
{
    assert(count <= SQL_PARAMETERS_MAX);
    sql_end(sql);
    return sql_is_shut(sql) ? STATUS_UNAVAILABLE : sql->ops->start(sql, text, values, count);
}

enum status sql_one_values(struct sql *sql, const char *text, const struct sql_value values[],
                           size_t count)
{
    enum status status = sql_start_values(sql, text, values, count);
    return status == STATUS_OK ? sql_next(sql) : status;
}

enum status sql_do_values(struct sql *sql, const char *text, const struct sql_value values[],
                          size_t count, int64_t *rows)
{
    int64_t returned = 0;
    enum status status = sql_start_values(sql, text, values, count);
    while (sql_row(sql, &status))
        returned++;
    if (rows != NULL)
        *rows = returned;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status sql_alone_values(struct sql *sql, const char *text, const struct sql_value values[],
                             size_t count, int64_t *rows)
{
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do_values(sql, text, values, count, rows);
    return sql_finish(sql, status);
}

enum status sql_one_number_values(struct sql *sql, const char *text,
                                  const struct sql_value values[], size_t count, int64_t *number)
{
    enum status status = sql_one_values(sql, text, values, count);
    if (status == STATUS_OK)
        *number = sql_row_integer(sql);
    sql_end(sql);
    return status;
}

size_t sql_statement_slot(const char *const texts[SQL_STATEMENT_SLOTS], const char *text)
{
    size_t slot = ((uintptr_t)text >> 3) % SQL_STATEMENT_SLOTS;
    for (size_t taken = 0; texts[slot] != NULL && texts[slot] != text; taken++) {
        assert(taken < SQL_STATEMENT_SLOTS); /* there are more statements than slots */
        slot = (slot + 1) % SQL_STATEMENT_SLOTS;
    }
    return slot;
}

int64_t sql_row_integer(struct sql *sql)
{
    return sql->ops->integer(sql, SQL_INTEGER);
}

int64_t sql_row_time_us(struct sql *sql)
{
    return sql->ops->integer(sql, SQL_TIME);
}

bool sql_row_boolean(struct sql *sql)
{
    return sql->ops->integer(sql, SQL_BOOLEAN) != 0;
}

static void row_bytes(struct sql *sql, uint8_t *to, size_t wanted)
{
    size_t size;
    const void *bytes = sql->ops->bytes(sql, &size);
    if (size == wanted)
        memcpy(to, bytes, size);
}

struct uuid sql_row_uuid(struct sql *sql)
{
    struct uuid uuid = {{0}};
    row_bytes(sql, uuid.bytes, sizeof uuid.bytes);
    return uuid;
}

struct hash sql_row_hash(struct sql *sql)
{
    struct hash hash = {{0}};
    row_bytes(sql, hash.bytes, sizeof hash.bytes);
    return hash;
}

void sql_row_text(struct sql *sql, char *text, size_t size)
{
    size_t length;
    const void *bytes = sql->ops->bytes(sql, &length);
    assert(size > 0);
    if (length >= size)
        length = size - 1;
    if (length > 0)
        memcpy(text, bytes, length);
    text[length] = '\0';
}
