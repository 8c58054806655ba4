/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what people are told, and the outbox of messages for the bus.
 */
#include "store/messages.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "store/internal.h"

enum status store_notification_insert(struct sql *sql, const struct notification *row)
{
    return sql_do(sql,
                  "INSERT INTO notifications (user_id, offer_id, type, title, message, created_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
                  NULL, sql_uuid(&row->user_id), sql_uuid(&row->offer_id), sql_text(row->type),
                  sql_text(row->title), sql_text(row->message), sql_time(row->created_at_us));
}

enum status store_notifications_after(struct store *store, const struct uuid *user_id,
                                      int64_t after_id, struct notification out[], size_t max,
                                      size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(
        sql,
        "SELECT id, user_id, offer_id, type, title, message, created_at FROM notifications"
        " WHERE user_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        sql_uuid(user_id), sql_integer(after_id), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        struct notification *row = &out[(*count)++];
        assert(*count <= max);
        row->id = sql_row_integer(sql);
        row->user_id = sql_row_uuid(sql);
        row->offer_id = sql_row_uuid(sql);
        sql_row_text(sql, row->type, sizeof row->type);
        sql_row_text(sql, row->title, sizeof row->title);
        sql_row_text(sql, row->message, sizeof row->message);
        row->created_at_us = sql_row_time_us(sql);
    }
    return sql_rows_end(sql, status);
}

enum status store_outbox_insert(struct sql *sql, const struct outbox_row *row, int64_t now_us)
{
    assert(row->stream < STREAM_COUNT);
    return sql_do(sql,
                  "INSERT INTO outbox (stream, request_id, traceparent, payload, created_at,"
                  " claimed_until) VALUES ($1, $2, $3, $4, $5, $6)",
                  NULL, sql_text(stream_name(row->stream)), sql_text(row->request_id),
                  sql_text(row->traceparent), sql_text(row->payload), sql_time(now_us),
                  sql_time(0));
}

static enum status outbox_take(struct sql *sql, struct outbox_row *row)
{
    char name[32];
    row->id = sql_row_integer(sql);
    sql_row_text(sql, name, sizeof name);
    sql_row_text(sql, row->request_id, sizeof row->request_id);
    sql_row_text(sql, row->traceparent, sizeof row->traceparent);
    sql_row_text(sql, row->payload, sizeof row->payload);
    for (int stream = 0; stream < STREAM_COUNT; stream++) {
        row->stream = (enum stream)stream;
        if (strcmp(name, stream_name(row->stream)) == 0)
            return STATUS_OK;
    }
    return STATUS_INTERNAL;
}

static int by_id(const void *a, const void *b)
{
    int64_t left = ((const struct outbox_row *)a)->id, right = ((const struct outbox_row *)b)->id;
    return (left > right) - (left < right);
}

enum status store_outbox_claim(struct store *store, int64_t now_us, struct outbox_row out[],
                               size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    /* Mostly there is nothing, and a look needs no transaction. */
    enum status status = sql_one(sql, store->dialect->outbox_due, sql_time(now_us),
                                 sql_time(now_us + OUTBOX_CLAIM_US));
    sql_end(sql);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_start(sql, store->dialect->outbox_claim, sql_time(now_us),
                           sql_time(now_us + OUTBOX_CLAIM_US), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        assert(*count < max);
        status = outbox_take(sql, &out[(*count)++]);
    }
    status = sql_finish(sql, sql_rows_end(sql, status));
    if (status == STATUS_OK)
        qsort(out, *count, sizeof out[0], by_id);
    else
        *count = 0;
    return status;
}

enum status store_outbox_done(struct store *store, const int64_t ids[], size_t count)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = sql_do(sql, "DELETE FROM outbox WHERE id = $1", NULL, sql_integer(ids[i]));
    return sql_finish(sql, status);
}
