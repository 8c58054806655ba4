/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what is known of events before they are counted: whether their ids were, and whose
 * Idempotency-Key they came with.
 */
#include "store/submissions.h"

#include "store/internal.h"

struct id_checks {
    struct id_check *checks;
    size_t count;
};

/* Few ids are known already, so each that is may look at all. */
static void id_take(struct sql *sql, void *context)
{
    struct id_checks *all = context;
    struct hash key = sql_row_hash(sql), content = sql_row_hash(sql);
    for (size_t i = 0; i < all->count; i++) {
        struct id_check *check = &all->checks[i];
        if (hash_compare(&check->key, &key) == 0)
            check->conflicts = hash_compare(&check->content, &content) != 0;
    }
}

enum status store_ids_check(struct store *store, struct id_check checks[], size_t count)
{
    struct id_checks all = {checks, count};
    struct sql_column key = {SQL_HASH, &checks[0].key, sizeof checks[0]};
    for (size_t i = 0; i < count; i++)
        checks[i].conflicts = false;
    return sql_bulk(store->sql, &(struct sql_bulk){.text = store->dialect->events.keys_read,
                                                   .columns = &key,
                                                   .column_count = 1,
                                                   .count = count,
                                                   .read = id_take,
                                                   .context = &all});
}

/* Whether the key that is there already is of the same request. */
static enum status claim_compare(struct sql *sql, const struct uuid *owner, const struct hash *key,
                                 const struct hash *request)
{
    enum status status =
        sql_one(sql, "SELECT request FROM submission_keys WHERE owner = $1 AND key = $2",
                sql_uuid(owner), sql_hash(key));
    if (status == STATUS_OK) {
        struct hash claimed = sql_row_hash(sql);
        if (hash_compare(&claimed, request) != 0)
            status = STATUS_CONFLICT;
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_TOO_MANY_REQUESTS : status;
}

enum status store_submission_claim(struct store *store, const struct uuid *owner,
                                   const struct idempotency *idempotency, int64_t now_us)
{
    static const struct uuid nobody;
    struct sql *sql = store->sql;
    struct hash key = hash_of((const struct slice[]){slice_of(idempotency->key)}, 1);
    int64_t max = uuid_equal(owner, &nobody) ? 0 : IDEMPOTENCY_KEYS_MAX, added = 0;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(sql,
                        "INSERT INTO submission_keys (owner, key, request, created_at)"
                        " SELECT $1, $2, $3, $4 WHERE $5 = 0 OR (SELECT count(*) FROM (SELECT 1"
                        " FROM submission_keys WHERE owner = $1 LIMIT $5) AS k) < $5"
                        " ON CONFLICT DO NOTHING RETURNING 1",
                        &added, sql_uuid(owner), sql_hash(&key), sql_hash(&idempotency->request),
                        sql_time(now_us), sql_integer(max));
    if (status == STATUS_OK && added == 0)
        status = claim_compare(sql, owner, &key, &idempotency->request);
    return sql_finish(sql, status);
}
