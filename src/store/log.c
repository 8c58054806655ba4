/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: decisions read by the million, by those who prove them, who decide again, and who
 * weigh a policy against them; the log of heads, and the policies that decided. The log of heads
 * grows in the transaction that records a decision, as the last thing of it: whoever appends to a
 * shard holds it until the commit.
 *
 * For whoever weighs a policy, decisions and offers are read as they lie on disk: to look every
 * decision's offer up would cost several times as much.
 */
#include "store/log.h"

#include <assert.h>
#include <stdlib.h>

#include "store/internal.h"

enum status store_decisions_scan(struct store *store, const struct log_place *after,
                                 int64_t since_us, struct logged_decision out[], size_t max,
                                 size_t *count)
{
    struct sql *sql = store->sql;
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
    while (sql_row(sql, &status)) {
        struct logged_decision *logged = &out[(*count)++];
        assert(*count <= max);
        logged->position = sql_row_integer(sql);
        logged->head.count = sql_row_integer(sql);
        logged->head.entry = sql_row_hash(sql);
        logged->logged = sql_row_integer(sql);
        logged->policy_kept = sql_row_boolean(sql);
        status = store_decision_take(sql, &logged->decision);
    }
    return sql_rows_end(sql, status);
}

enum status store_policy_keep(struct store *store, const struct hash *hash, const char *text,
                              int64_t now_us)
{
    return sql_alone(store->sql,
                     "INSERT INTO policies (hash, content, added_at) VALUES ($1, $2, $3)"
                     " ON CONFLICT DO NOTHING",
                     NULL, sql_hash(hash), sql_text(text), sql_time(now_us));
}

enum status store_policy_read(struct store *store, const struct hash *hash,
                              char text[POLICY_BYTES_MAX + 1])
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql, "SELECT content FROM policies WHERE hash = $1", sql_hash(hash));
    if (status == STATUS_OK)
        sql_row_text(sql, text, POLICY_BYTES_MAX + 1);
    sql_end(sql);
    return status;
}

static int by_shard(const void *a, const void *b)
{
    const struct log_entry *left = a, *right = b;
    return left->shard == right->shard
               ? uuid_compare(&left->user_id, &right->user_id)
               : (left->shard > right->shard) - (left->shard < right->shard);
}

/* The shards that entries go to, ascending, and how many of them could be locked. */
struct log_ends {
    struct log_shard shards[REQUESTS_AT_ONCE_MAX];
    size_t count, locked;
};

static void shards_collect(struct log_entry entries[], size_t count, struct log_ends *ends)
{
    *ends = (struct log_ends){.count = 0};
    for (size_t i = 0; i < count; i++) {
        assert(entries[i].head.count > 0);
        entries[i].shard = decision_log_shard(&entries[i].user_id);
    }
    qsort(entries, count, sizeof entries[0], by_shard);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || entries[i].shard != entries[i - 1].shard)
            ends->shards[ends->count++].shard = entries[i].shard;
}

static void end_take(struct sql *sql, void *context)
{
    struct log_ends *ends = context;
    int64_t shard = sql_row_integer(sql);
    for (size_t i = 0; i < ends->count; i++) {
        struct log_shard *end = &ends->shards[i];
        if (end->shard != shard)
            continue;
        end->position = sql_row_integer(sql);
        end->seal = sql_row_hash(sql);
        ends->locked++;
        return;
    }
}

/* Each entry seals the one before it in its shard. */
static void entries_seal(struct log_entry entries[], size_t count, struct log_ends *ends)
{
    struct log_shard *end = ends->shards;
    for (size_t i = 0; i < count; i++) {
        struct log_entry *entry = &entries[i];
        while (end->shard != entry->shard)
            end++;
        entry->position = ++end->position;
        assert(entry->position > 0); /* a shard only grows */
        entry->seal = end->seal = decision_log_seal(&end->seal, &entry->user_id, &entry->head);
    }
    assert(count == 0 || end == &ends->shards[ends->count - 1]);
}

#define ENTRY_COLUMN(type, member)                                                                 \
    {                                                                                              \
        type, &entries[0].member, sizeof entries[0]                                                \
    }

enum status store_log_append(struct store *store, struct log_entry entries[], size_t count)
{
    const struct analysis_statements *statements = &store->dialect->analyses;
    struct log_ends ends;
    assert(count <= REQUESTS_AT_ONCE_MAX);
    shards_collect(entries, count, &ends);
    const size_t size = sizeof ends.shards[0];
    const struct sql_column end[] = {{SQL_INTEGER, &ends.shards[0].shard, size},
                                     {SQL_INTEGER, &ends.shards[0].position, size},
                                     {SQL_HASH, &ends.shards[0].seal, size}};
    const struct sql_column entry[] = {
        ENTRY_COLUMN(SQL_INTEGER, shard),   ENTRY_COLUMN(SQL_INTEGER, position),
        ENTRY_COLUMN(SQL_UUID, user_id),    ENTRY_COLUMN(SQL_INTEGER, head.count),
        ENTRY_COLUMN(SQL_HASH, head.entry), ENTRY_COLUMN(SQL_HASH, seal),
    };
    enum status status =
        sql_bulk(store->sql, &(struct sql_bulk){statements->shards_lock, end, 1, NULL, ends.count,
                                                end_take, &ends});
    if (status != STATUS_OK)
        return status;
    if (ends.locked != ends.count)
        return STATUS_INTERNAL;
    entries_seal(entries, count, &ends);
    status = sql_bulk(store->sql, &(struct sql_bulk){statements->shards_move, end, 3, NULL,
                                                     ends.count, NULL, NULL});
    if (status == STATUS_OK)
        status = sql_bulk(
            store->sql, &(struct sql_bulk){statements->log_add, entry, 6, NULL, count, NULL, NULL});
    return status;
}

enum status store_log_shards(struct store *store, struct log_shard out[LOG_SHARDS_ALL],
                             size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT shard, position, seal FROM log_shards"
                                   " ORDER BY shard LIMIT $1",
                                   sql_integer(LOG_SHARDS_ALL));
    while (sql_row(sql, &status)) {
        struct log_shard *shard = &out[(*count)++];
        assert(*count <= LOG_SHARDS_ALL);
        shard->shard = sql_row_integer(sql);
        shard->position = sql_row_integer(sql);
        shard->seal = sql_row_hash(sql);
    }
    return sql_rows_end(sql, status);
}

enum status store_log_scan(struct store *store, int64_t shard, int64_t after, struct log_head out[],
                           size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(
        sql,
        "SELECT l.position, l.user_id, l.count, l.entry, l.seal,"
        " EXISTS (SELECT 1 FROM decisions d WHERE d.user_id = l.user_id AND d.entry = l.entry),"
        " (SELECT erased_at FROM erasures e WHERE e.user_id = l.user_id)"
        " FROM log_heads l WHERE l.shard = $1 AND l.position > $2 ORDER BY l.position LIMIT $3",
        sql_integer(shard), sql_integer(after), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        struct log_head *head = &out[(*count)++];
        assert(*count <= max);
        head->position = sql_row_integer(sql);
        head->user_id = sql_row_uuid(sql);
        head->head.count = sql_row_integer(sql);
        head->head.entry = sql_row_hash(sql);
        head->seal = sql_row_hash(sql);
        head->found = sql_row_boolean(sql);
        head->erased = !sql_row_is_null(sql);
        head->erased_at_us = sql_row_time_us(sql);
    }
    return sql_rows_end(sql, status);
}

enum status store_policy_next(struct store *store, struct hash *hash,
                              char text[POLICY_BYTES_MAX + 1])
{
    struct sql *sql = store->sql;
    enum status status = sql_one(sql,
                                 "SELECT hash, content FROM policies WHERE hash > $1"
                                 " ORDER BY hash LIMIT 1",
                                 sql_hash(hash));
    if (status == STATUS_OK) {
        *hash = sql_row_hash(sql);
        sql_row_text(sql, text, POLICY_BYTES_MAX + 1);
    }
    sql_end(sql);
    return status;
}

enum status store_verdicts_extent(struct store *store, struct extent *decisions,
                                  struct extent *offers)
{
    const struct verdict_statements *statements = &store->dialect->verdicts;
    assert(statements->step > 0);
    struct sql *sql = store->sql;
    enum status status = sql_one_values(sql, statements->extent, NULL, 0);
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
    while (sql_row(sql, &status)) {
        verdict_read(sql, &verdict);
        take(&verdict, context);
    }
    return sql_rows_end(sql, status);
}

enum status store_granted_scan(struct store *store, int64_t from, int64_t to, granted_taker *take,
                               void *context)
{
    struct sql *sql = store->sql;
    struct granted granted;
    enum status status =
        sql_start(sql, store->dialect->verdicts.granted, sql_integer(from), sql_integer(to));
    while (sql_row(sql, &status)) {
        granted.decision_id = sql_row_uuid(sql);
        granted.limit_cents = sql_row_integer(sql);
        granted.rate_bp = (int32_t)sql_row_integer(sql);
        sql_row_text(sql, granted.credit_type, sizeof granted.credit_type);
        take(&granted, context);
    }
    return sql_rows_end(sql, status);
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
    while (sql_row(sql, &status)) {
        struct addressee *addressee = &out[(*count)++];
        assert(*count <= max);
        addressee->id = sql_row_uuid(sql);
        sql_row_text(sql, addressee->email, sizeof addressee->email);
        addressee->decided = !sql_row_is_null(sql);
        addressee->last = sql_row_hash(sql);
    }
    return sql_rows_end(sql, status);
}
