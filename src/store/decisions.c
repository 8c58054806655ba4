/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: credit decisions with what they were made from. The features that the model saw are
 * kept as JSON, name to integer: exact, and open to queries. record.c writes them. A challenger's
 * own answer to a decision lies beside it and changes nothing.
 */
#include "store/decisions.h"

#include <assert.h>
#include <string.h>

#include "store/events.h"
#include "store/evidence.h"
#include "store/internal.h"

enum status store_decision_take(struct sql *sql, struct decision *decision)
{
    char features[EVIDENCE_TEXT_MAX], explanation[EVIDENCE_TEXT_MAX], basis[16];
    decision->id = sql_row_uuid(sql);
    decision->user_id = sql_row_uuid(sql);
    decision->decided_at_us = sql_row_time_us(sql);
    decision->approved = sql_row_boolean(sql);
    decision->risk = (int32_t)sql_row_integer(sql);
    sql_row_text(sql, decision->reason, sizeof decision->reason);
    sql_row_text(sql, features, sizeof features);
    decision->features_version = sql_row_integer(sql);
    sql_row_text(sql, decision->model, sizeof decision->model);
    decision->policy = sql_row_hash(sql);
    decision->inputs = sql_row_hash(sql);
    decision->risk_full = (int32_t)sql_row_integer(sql);
    decision->risk_financial = (int32_t)sql_row_integer(sql);
    sql_row_text(sql, basis, sizeof basis);
    decision->emotions_known = sql_row_boolean(sql);
    sql_row_text(sql, explanation, sizeof explanation);
    decision->previous = sql_row_hash(sql);
    decision->entry = sql_row_hash(sql);
    decision->has_offer = !sql_row_is_null(sql);
    memset(&decision->offer, 0, sizeof decision->offer);
    enum status status = evidence_read(features, explanation, decision);
    if (!risk_basis_parse(basis, &decision->basis))
        status = STATUS_INTERNAL;
    if (status == STATUS_OK && decision->has_offer)
        status = store_offer_take(sql, &decision->offer);
    return status;
}

static enum status decision_take_one(struct sql *sql, enum status status, struct decision *decision)
{
    if (status == STATUS_OK)
        status = store_decision_take(sql, decision);
    sql_end(sql);
    return status;
}

/* The states that are asked for. */
struct states {
    struct credit_state *list;
    size_t count;
};

static void state_take(struct sql *sql, void *context)
{
    const struct states *states = context;
    struct credit_state *state = states->list;
    struct uuid user_id = sql_row_uuid(sql);
    while (!uuid_equal(&state->user_id, &user_id))
        state++;
    assert(state < states->list + states->count);
    state->status = STATUS_OK;
    state->features_version = sql_row_integer(sql);
    state->head.count = sql_row_integer(sql);
    state->head.entry = sql_row_hash(sql);
    assert(state->head.count >= 0 && state->head.count < INT64_MAX);
    state->has_decision = !sql_row_is_null(sql);
    if (state->has_decision)
        state->status = store_decision_take(sql, &state->last);
}

enum status store_credit_states(struct store *store, struct credit_state states[], size_t count)
{
    struct states all = {states, count};
    struct sql_column user_id = {SQL_UUID, &states[0].user_id, sizeof states[0]};
    assert(count <= REQUESTS_AT_ONCE_MAX);
    for (size_t i = 0; i < count; i++)
        states[i].status = STATUS_NOT_FOUND;
    return sql_bulk(store->sql, &(struct sql_bulk){store->dialect->analyses.states, &user_id, 1,
                                                   NULL, count, state_take, &all});
}

enum status store_decision_read(struct store *store, const struct uuid *id,
                                const struct uuid *user_id, struct decision *decision)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql,
                "SELECT " DECISION_AND_OFFER " FROM decisions d" DECISION_WITH_OFFER
                " WHERE d.user_id = $1 AND d.id = $2",
                sql_uuid(user_id), sql_uuid(id));
    return decision_take_one(sql, status, decision);
}

enum status store_decision_at(struct store *store, const struct uuid *user_id, int64_t at_us,
                              struct decision *decision)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql,
                "SELECT " DECISION_AND_OFFER " FROM decisions d" DECISION_WITH_OFFER
                " WHERE d.user_id = $1 AND d.decided_at = $2"
                " ORDER BY d.position DESC LIMIT 1",
                sql_uuid(user_id), sql_time(at_us));
    return decision_take_one(sql, status, decision);
}

enum status store_decision_by_key(struct store *store, const struct uuid *user_id,
                                  const struct idempotency *idempotency, struct decision *decision)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(sql,
                                 "SELECT k.request, " DECISION_AND_OFFER " FROM idempotency_keys k"
                                 " JOIN decisions d ON d.user_id = k.user_id"
                                 " AND d.id = k.decision_id" DECISION_WITH_OFFER
                                 " WHERE k.user_id = $1 AND k.key = $2",
                                 sql_uuid(user_id), sql_text(idempotency->key));
    if (status == STATUS_OK) {
        struct hash request = sql_row_hash(sql);
        if (hash_compare(&request, &idempotency->request) != 0)
            status = STATUS_CONFLICT;
    }
    return decision_take_one(sql, status, decision);
}

enum status store_decisions_list(struct store *store, const struct uuid *user_id, struct page page,
                                 struct decision out[], size_t *count, int64_t *total)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status =
        sql_start(sql,
                  "SELECT t.total, " DECISION_AND_OFFER
                  " FROM (SELECT count(*) AS total FROM decisions WHERE user_id = $1) t"
                  " LEFT JOIN (SELECT * FROM decisions WHERE user_id = $1"
                  " ORDER BY position DESC LIMIT $2 OFFSET $3) d ON TRUE" DECISION_WITH_OFFER
                  " ORDER BY d.position DESC",
                  sql_uuid(user_id), sql_integer(page.size), sql_integer(page.offset));
    while (sql_row(sql, &status)) {
        *total = sql_row_integer(sql);
        if (sql_row_is_null(sql))
            continue; /* there is none */
        assert((size_t)page.size > *count);
        status = store_decision_take(sql, &out[(*count)++]);
    }
    return sql_rows_end(sql, status);
}

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
    while (sql_row(sql, &status)) {
        assert(*count < max);
        status = store_decision_take(sql, &out[(*count)++]);
    }
    return sql_rows_end(sql, status);
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
