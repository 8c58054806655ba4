/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: credit decisions with what they were made from. The features that the model saw are
 * kept as JSON, name to integer: exact, and open to queries. In the same transaction the decision
 * joins the log, its offer is made, and the open offer before it ends. A challenger's own answer to
 * a decision lies beside it and changes nothing.
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

enum status store_credit_state(struct store *store, const struct uuid *user_id,
                               struct credit_state *state)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql,
                "SELECT v.version, " DECISION_IN_BRIEF_AND_OFFER " FROM feature_versions v"
                " LEFT JOIN decisions d ON d.user_id = v.user_id AND d.position ="
                " (SELECT max(position) FROM decisions WHERE user_id = $1)" DECISION_WITH_OFFER
                " WHERE v.user_id = $1",
                sql_uuid(user_id));
    if (status == STATUS_OK) {
        state->features_version = sql_row_integer(sql);
        state->has_decision = !sql_row_is_null(sql);
        if (state->has_decision)
            status = store_decision_take(sql, &state->last);
    }
    sql_end(sql);
    return status;
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

/* Adds the decision to the end of the person's chain. */
static enum status head_move(struct sql *sql, struct decision *decision, struct chain_head *head)
{
    enum status status = sql_one(sql, "SELECT count, entry FROM decision_heads WHERE user_id = $1",
                                 sql_uuid(&decision->user_id));
    *head = (struct chain_head){0};
    if (status == STATUS_OK) {
        head->count = sql_row_integer(sql);
        head->entry = sql_row_hash(sql);
    }
    sql_end(sql);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    assert(head->count >= 0 && head->count < INT64_MAX);
    decision->previous = head->entry;
    decision->entry = decision_log_entry(decision);
    *head = (struct chain_head){head->count + 1, decision->entry};
    return sql_do(sql,
                  "INSERT INTO decision_heads AS h (user_id, count, entry) VALUES ($1, 1, $2)"
                  " ON CONFLICT (user_id) DO UPDATE SET count = h.count + 1,"
                  " entry = excluded.entry",
                  NULL, sql_uuid(&decision->user_id), sql_hash(&decision->entry));
}

/* Sets evidence, previous and entry of the decision, and the head that it makes. */
static enum status decision_insert(struct sql *sql, struct decision *decision,
                                   struct chain_head *head)
{
    struct evidence evidence;
    enum status status = evidence_write(decision, &evidence);
    if (status == STATUS_OK)
        status = head_move(sql, decision, head);
    if (status == STATUS_OK)
        status = sql_do(
            sql,
            "INSERT INTO decisions (id, user_id, decided_at, approved, risk, reason, features,"
            " features_version, model, policy, inputs, risk_full, risk_financial, basis,"
            " explanation, previous, entry, emotions_known) VALUES"
            " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
            NULL, sql_uuid(&decision->id), sql_uuid(&decision->user_id),
            sql_time(decision->decided_at_us), sql_boolean(decision->approved),
            sql_integer(decision->risk), sql_text(decision->reason), sql_json(evidence.features),
            sql_integer(decision->features_version), sql_text(decision->model),
            sql_hash(&decision->policy), sql_hash(&decision->inputs),
            sql_integer(decision->risk_full), sql_integer(decision->risk_financial),
            sql_text(risk_basis_name(decision->basis)), sql_json(evidence.explanation),
            sql_hash(&decision->previous), sql_hash(&decision->entry),
            sql_boolean(decision->emotions_known));
    return status;
}

/* TOO_MANY_REQUESTS if the person holds as many keys as one may. */
static enum status keys_bound(struct sql *sql, const struct uuid *user_id)
{
    int64_t held = 0;
    enum status status =
        sql_one_number(sql,
                       "SELECT count(*) FROM (SELECT 1 FROM idempotency_keys"
                       " WHERE user_id = $1 LIMIT $2) AS k",
                       &held, sql_uuid(user_id), sql_integer(IDEMPOTENCY_KEYS_MAX));
    return status == STATUS_OK && held >= IDEMPOTENCY_KEYS_MAX ? STATUS_TOO_MANY_REQUESTS : status;
}

static enum status key_insert(struct sql *sql, const struct idempotency *idempotency,
                              const struct decision *stands, int64_t now_us)
{
    if (idempotency->key == NULL)
        return STATUS_OK;
    return sql_do(sql,
                  "INSERT INTO idempotency_keys (user_id, key, request, decision_id, created_at)"
                  " VALUES ($1, $2, $3, $4, $5)",
                  NULL, sql_uuid(&stands->user_id), sql_text(idempotency->key),
                  sql_hash(&idempotency->request), sql_uuid(&stands->id), sql_time(now_us));
}

/* The offer that the person was made before, if it is still open or has just expired. */
static enum status offer_end(struct sql *sql, const struct decision *decision)
{
    int64_t ended;
    enum status status =
        store_offer_change(sql, OFFER_offered, OFFER_superseded, &decision->user_id, NULL,
                           decision->decided_at_us, &ended);
    assert(status != STATUS_OK || ended <= 1); /* a person has one open offer */
    if (status == STATUS_OK && ended == 0)
        status = store_offer_change(sql, OFFER_offered, OFFER_expired, &decision->user_id, NULL,
                                    decision->decided_at_us, NULL);
    return status;
}

static enum status decision_add(struct sql *sql, struct decision *decision, struct chain_head *head)
{
    enum status status = decision_insert(sql, decision, head);
    assert(status != STATUS_OK || head->count > 0);
    if (status == STATUS_OK && decision->has_offer)
        status = store_offer_insert(sql, &decision->offer);
    return status;
}

/* With the person's lock held. */
static enum status decision_settle(struct store *store, const struct decision *decision,
                                   const struct idempotency *idempotency, struct decision *stands)
{
    struct sql *sql = store->sql;
    struct chain_head head = {0};
    enum status status = STATUS_NOT_FOUND;
    if (idempotency->key != NULL)
        status = store_decision_by_key(store, &decision->user_id, idempotency, stands);
    if (status != STATUS_NOT_FOUND)
        return status;
    struct credit_state state;
    status = idempotency->key == NULL ? STATUS_OK : keys_bound(sql, &decision->user_id);
    if (status == STATUS_OK)
        status = store_credit_state(store, &decision->user_id, &state);
    if (status != STATUS_OK)
        return status;
    if (state.has_decision &&
        decision_still_stands(&state.last, &decision->inputs, decision->cooling_off_us,
                              decision->decided_at_us)) {
        status = store_decision_read(store, &state.last.id, &decision->user_id, stands);
    } else {
        *stands = *decision;
        if (state.has_decision)
            status = offer_end(sql, decision);
        if (status == STATUS_OK)
            status = decision_add(sql, stands, &head);
    }
    if (status == STATUS_OK)
        status = key_insert(sql, idempotency, stands, decision->decided_at_us);
    assert(head.count == 0 || uuid_equal(&stands->id, &decision->id)); /* a new one stands */
    if (status == STATUS_OK && head.count > 0)
        status = store_log_append(store, &stands->user_id, &head);
    return status;
}

enum status store_decision_record(struct store *store, const struct decision *decision,
                                  const struct idempotency *idempotency, struct decision *stands)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_one(sql, store->dialect->person_lock, sql_uuid(&decision->user_id));
    if (status == STATUS_OK)
        status = decision_settle(store, decision, idempotency, stands);
    return sql_finish(sql, status);
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
