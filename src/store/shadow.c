/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: decisions that a challenger has not seen yet, and what it made of them.
 */
#include "store/shadow.h"

#include "store/internal.h"

enum status store_shadow_pending(struct store *store, const char *challenger, int64_t since_us,
                                 struct decision out[], size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status =
        sql_start(sql,
                  "SELECT " DECISION_AND_OFFER " FROM decisions d" DECISION_WITH_OFFER
                  " WHERE d.decided_at >= $2 AND NOT EXISTS (SELECT 1 FROM shadow_decisions s"
                  " WHERE s.user_id = d.user_id AND s.decision_id = d.id AND s.challenger = $1)"
                  " ORDER BY d.decided_at LIMIT $3",
                  sql_text(challenger), sql_time(since_us), sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK)
        status = store_decision_take(sql, &out[(*count)++]);
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status shadow_insert(struct sql *sql, const struct shadow_decision *shadow,
                                 int64_t now_us)
{
    const struct terms *terms = &shadow->terms;
    return sql_do(sql,
                  "INSERT INTO shadow_decisions (user_id, decision_id, challenger, approved, risk,"
                  " limit_cents, rate_bp, credit_type, model, policy, scored_at)"
                  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
                  NULL, sql_uuid(&shadow->user_id), sql_uuid(&shadow->decision_id),
                  sql_text(shadow->challenger), sql_boolean(terms->approved),
                  sql_integer(shadow->risk), sql_integer(terms->limit_cents),
                  sql_integer(terms->rate_bp),
                  sql_text(terms->credit_type == NULL ? "" : terms->credit_type),
                  sql_text(shadow->model), sql_hash(&shadow->policy), sql_time(now_us));
}

enum status store_shadow_record(struct store *store, const struct shadow_decision shadows[],
                                size_t count, int64_t now_us)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = shadow_insert(sql, &shadows[i], now_us);
    return sql_finish(sql, status);
}
