/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: the decision log as those read it who prove it and who decide again, and the
 * policies that it speaks of.
 */
#include "store/store_sql.h"

enum status store_sql_decisions_scan(struct store *store, const struct log_place *after,
                                     int64_t since_us, struct logged_decision out[], size_t max,
                                     size_t *count)
{
    struct sql *sql = store_sql_of(store)->sql;
    *count = 0;
    /* The page is chosen before anything is joined to it, or a planner may read all offers for
     * each page. */
    enum status status = sql_start(
        sql,
        "SELECT d.position, coalesce(h.count, 0), coalesce(h.entry, d.previous),"
        " coalesce((SELECT l.count FROM log_heads l WHERE l.user_id = d.user_id"
        " AND l.entry = d.entry), 0),"
        " EXISTS (SELECT 1 FROM policies p WHERE p.hash = d.policy), " DECISION_AND_OFFER
        " FROM (SELECT * FROM decisions"
        " WHERE (user_id, position) > ($1, $2) AND decided_at >= $3"
        " ORDER BY user_id, position LIMIT $4) d" DECISION_WITH_OFFER
        " LEFT JOIN decision_heads h ON h.user_id = d.user_id ORDER BY d.user_id, d.position",
        sql_uuid(&after->user_id), sql_integer(after->position), sql_time(since_us),
        sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct logged_decision *logged = &out[*count];
        logged->position = row_integer(sql);
        logged->head.count = row_integer(sql);
        logged->head.entry = row_hash(sql);
        logged->logged = row_integer(sql);
        logged->policy_kept = row_boolean(sql);
        status = decision_take(sql, &logged->decision);
        (*count)++;
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_sql_policy_keep(struct store *store, const struct hash *hash, const char *text,
                                  int64_t now_us)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(sql,
                        "INSERT INTO policies (hash, content, added_at) VALUES ($1, $2, $3)"
                        " ON CONFLICT DO NOTHING",
                        NULL, sql_hash(hash), sql_text(text), sql_time(now_us));
    return sql_finish(sql, status);
}

enum status store_sql_policy_read(struct store *store, const struct hash *hash,
                                  char text[POLICY_BYTES_MAX + 1])
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status =
        sql_one(sql, "SELECT content FROM policies WHERE hash = $1", sql_hash(hash));
    if (status == STATUS_OK)
        row_text(sql, text, POLICY_BYTES_MAX + 1);
    sql_end(sql);
    return status;
}
