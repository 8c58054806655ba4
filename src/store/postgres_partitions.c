/* SPDX-License-Identifier: Apache-2.0 */
#include "store/postgres_partitions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "process/log.h"

enum { NAME_SIZE = 64, MONTHS = 12 };

static const char *const tables[] = {
    [TABLE_EMOTIONS] = "emotion_events",
    [TABLE_TRANSACTIONS] = "transaction_events",
};

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

/* The owner's functions do it: this login owns nothing (sql/postgres/0019_months.sql). */
static enum status partition_make(struct sql *sql, enum event_table table, int64_t time_us)
{
    return sql_do(sql, "SELECT events_month_add($1, $2)", NULL, sql_text(tables[table]),
                  sql_time(time_us));
}

enum status partitions_make(struct partitions *partitions, struct sql *sql, enum event_table table,
                            const struct sql_column *times, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *place = (const char *)times->first + i * times->stride;
        int64_t time_us = *(const int64_t *)(const void *)place;
        int month = month_of(time_us);
        if (is_known(partitions, table, month))
            continue;
        enum status status = partition_make(sql, table, time_us);
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

/* OK: there is a month that ends at or before that moment. */
static enum status partition_find(struct sql *sql, enum event_table table, int64_t before_us)
{
    char end[NAME_SIZE];
    int month = month_of(before_us);
    snprintf(end, sizeof end, "%s_%04d_%02d", tables[table], month / MONTHS, month % MONTHS + 1);
    enum status status =
        sql_one(sql,
                "SELECT 1 FROM pg_inherits i"
                " JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent"
                " WHERE CAST(p.relname AS text) = $1 AND pg_table_is_visible(p.oid)"
                " AND CAST(c.relname AS text) < $2 LIMIT 1",
                sql_text(tables[table]), sql_text(end));
    sql_end(sql);
    return status;
}

enum status partitions_drop(struct sql *sql, enum event_table table, int64_t before_us,
                            int64_t *dropped, bool *held_back)
{
    char name[NAME_SIZE];
    *dropped = 0;
    enum status status = partition_find(sql, table, before_us);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = sql_one(sql, "SELECT events_month_drop($1, $2)", sql_text(tables[table]),
                     sql_time(before_us));
    if (status == STATUS_OK && !sql_row_is_null(sql)) {
        sql_row_text(sql, name, sizeof name);
        log_info("month of raw events dropped", LOG_TEXT("table", name));
        *dropped = 1;
    }
    sql_end(sql);
    if (status == STATUS_OK)
        status = partition_find(sql, table, before_us);
    *held_back = *held_back || status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
