/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: decisions by the million, for whoever weighs a policy against them. Both tables are
 * read as they lie on disk: to look every decision's offer up would cost several times as much.
 */
#include "store/verdicts.h"

#include <string.h>

#include "store/internal.h"

enum status store_verdicts_extent(struct store *store, struct extent *decisions,
                                  struct extent *offers)
{
    const struct verdict_statements *statements = &store->dialect->verdicts;
    struct sql *sql = store->sql;
    enum status status = sql_start_values(sql, statements->extent, NULL, 0);
    if (status == STATUS_OK)
        status = sql_next(sql);
    if (status == STATUS_OK) {
        decisions->end = sql_row_integer(sql);
        offers->end = sql_row_integer(sql);
        decisions->step = offers->step = statements->step;
    }
    sql_end(sql);
    return status;
}

static void verdict_read(struct sql *sql, struct verdict *verdict)
{
    static const struct hash none;
    verdict->user_id = sql_row_uuid(sql);
    verdict->decision_id = sql_row_uuid(sql);
    verdict->decided_at_us = sql_row_time_us(sql);
    verdict->approved = sql_row_boolean(sql);
    verdict->risk = (int32_t)sql_row_integer(sql);
    verdict->risk_full = (int32_t)sql_row_integer(sql);
    verdict->risk_financial = (int32_t)sql_row_integer(sql);
    verdict->emotions_known = sql_row_boolean(sql);
    verdict->entry = sql_row_hash(sql);
    verdict->logged = hash_compare(&verdict->entry, &none) != 0;
}

enum status store_verdicts_scan(struct store *store, int64_t from, int64_t to, int64_t since_us,
                                verdict_taker *take, void *context)
{
    struct sql *sql = store->sql;
    struct verdict verdict = {0};
    enum status status = sql_start(sql, store->dialect->verdicts.verdicts, sql_integer(from),
                                   sql_integer(to), sql_time(since_us));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        verdict_read(sql, &verdict);
        take(&verdict, context);
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_granted_scan(struct store *store, int64_t from, int64_t to, granted_taker *take,
                               void *context)
{
    struct sql *sql = store->sql;
    struct granted granted;
    enum status status =
        sql_start(sql, store->dialect->verdicts.granted, sql_integer(from), sql_integer(to));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        granted.decision_id = sql_row_uuid(sql);
        granted.limit_cents = sql_row_integer(sql);
        granted.rate_bp = (int32_t)sql_row_integer(sql);
        sql_row_text(sql, granted.credit_type, sizeof granted.credit_type);
        take(&granted, context);
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_addressees_scan(struct store *store, const struct uuid *after,
                                  struct addressee out[], size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT u.id, u.email, h.entry FROM (SELECT id, email FROM users"
                                   " WHERE id > $1 ORDER BY id LIMIT $2) u"
                                   " LEFT JOIN decision_heads h ON h.user_id = u.id ORDER BY u.id",
                                   sql_uuid(after), sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        out[*count].id = sql_row_uuid(sql);
        sql_row_text(sql, out[*count].email, sizeof out[*count].email);
        out[*count].decided = !sql_row_is_null(sql);
        out[*count].last = out[*count].decided ? sql_row_hash(sql) : (struct hash){{0}};
        (*count)++;
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
