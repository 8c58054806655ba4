/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/postgres_partitions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/log.h"

enum { SCRIPT_SIZE = 512, NAME_SIZE = 64, MONTHS = 12 };

static const char *const tables[] = {
    [TABLE_EMOTIONS] = "emotion_events",
    [TABLE_TRANSACTIONS] = "transaction_events",
};

/* Whoever makes or drops a partition holds this lock; of two makers the second finds it made. */
static const char lock[] = "SELECT pg_advisory_xact_lock(20260102)";

static int month_of(int64_t time_us)
{
    time_t seconds = time_us / SECOND_US;
    struct tm date;
    gmtime_r(&seconds, &date);
    return (date.tm_year + 1900) * MONTHS + date.tm_mon;
}

static bool is_known(const struct partitions *partitions, enum event_table table, int month)
{
    for (size_t i = partitions->count; i-- > 0;)
        if (partitions->known[i].table == table && partitions->known[i].month == month)
            return true;
    return false;
}

static enum status script_locked(struct sql *sql, const char *text)
{
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_script(sql, lock);
    if (status == STATUS_OK)
        status = sql_script(sql, text);
    return sql_finish(sql, status);
}

static enum status partition_make(struct sql *sql, enum event_table table, int month)
{
    char text[SCRIPT_SIZE];
    int next = month + 1;
    snprintf(text, sizeof text,
             "CREATE TABLE IF NOT EXISTS %s_%04d_%02d PARTITION OF %s"
             " FOR VALUES FROM ('%04d-%02d-01 00:00:00Z') TO ('%04d-%02d-01 00:00:00Z')",
             tables[table], month / MONTHS, month % MONTHS + 1, tables[table], month / MONTHS,
             month % MONTHS + 1, next / MONTHS, next % MONTHS + 1);
    return script_locked(sql, text);
}

enum status partitions_make(struct partitions *partitions, struct sql *sql, enum event_table table,
                            const struct sql_column *times, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *place = (const char *)times->first + i * times->stride;
        int month = month_of(*(const int64_t *)(const void *)place);
        if (is_known(partitions, table, month))
            continue;
        enum status status = partition_make(sql, table, month);
        if (status != STATUS_OK)
            return status;
        if (partitions->count == PARTITIONS_KNOWN_MAX)
            partitions_forget(partitions);
        partitions->known[partitions->count].table = table;
        partitions->known[partitions->count++].month = month;
    }
    return STATUS_OK;
}

void partitions_forget(struct partitions *partitions)
{
    partitions->count = 0;
}

/* The oldest partition of a table whose name, which ends in its month, sorts before `end`. */
static enum status partition_oldest(struct sql *sql, enum event_table table, const char *end,
                                    char name[NAME_SIZE])
{
    enum status status =
        sql_one(sql,
                "SELECT quote_ident(c.relname) FROM pg_inherits i"
                " JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent"
                " WHERE CAST(p.relname AS text) = $1 AND pg_table_is_visible(p.oid)"
                " AND CAST(c.relname AS text) < $2 ORDER BY 1 LIMIT 1",
                sql_text(tables[table]), sql_text(end));
    if (status == STATUS_OK)
        row_text(sql, name, NAME_SIZE);
    sql_end(sql);
    return status;
}

enum status partitions_drop(struct sql *sql, enum event_table table, int64_t before_us,
                            int64_t *dropped, bool *held_back)
{
    char end[NAME_SIZE], name[NAME_SIZE], text[SCRIPT_SIZE];
    int month = month_of(before_us);
    snprintf(end, sizeof end, "%s_%04d_%02d", tables[table], month / MONTHS, month % MONTHS + 1);
    *dropped = 0;
    enum status status = partition_oldest(sql, table, end, name);
    if (status == STATUS_OK) {
        snprintf(text, sizeof text, "DROP TABLE IF EXISTS %s", name);
        status = script_locked(sql, text);
    }
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    log_info("month of raw events dropped", LOG_TEXT("table", name));
    *dropped = 1;
    status = partition_oldest(sql, table, end, name);
    *held_back = *held_back || status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
