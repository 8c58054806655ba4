/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store says to PostgreSQL.
 */
#include <stdlib.h>

#include "store/internal.h"
#include "store/postgres_partitions.h"
#include "store/sql_postgres.h"

struct store_postgres {
    struct store base;
    struct partitions partitions;
};

static struct partitions *partitions_of(struct store *store)
{
    return &((struct store_postgres *)store)->partitions;
}

static enum status rows_prepare(struct store *store, enum event_table table,
                                const struct sql_column *times, size_t count)
{
    /* The last batch failed, perhaps because a partition was dropped meanwhile. */
    if (store->sql->worth_repeating)
        partitions_forget(partitions_of(store));
    return partitions_make(partitions_of(store), store->sql, table, times, count);
}

static enum status months_sweep(struct store *store, enum swept swept, int64_t before_us,
                                int64_t *removed, bool *held_back)
{
    enum event_table table = swept == SWEPT_EMOTIONS ? TABLE_EMOTIONS : TABLE_TRANSACTIONS;
    partitions_forget(partitions_of(store));
    return partitions_drop(store->sql, table, before_us, removed, held_back);
}

/* Where a block of a table begins: with it the server reads just those blocks, one after the other,
 * while an index would lead it to each row apart. */
#define BLOCK(number) "CAST('(' || CAST(" number " AS text) || ',0)' AS tid)"

/* Many rows are not counted: what the last ANALYZE found is near enough. */
#define SWEEP(table, key, time)                                                                    \
    {                                                                                              \
        .due = SWEEP_DUE(table, time),                                                             \
        .count = "SELECT CASE WHEN reltuples < 1000000 THEN (SELECT count(*) FROM " table ")"      \
                 " ELSE CAST(reltuples AS bigint) END FROM pg_class"                               \
                 " WHERE oid = CAST('" table "' AS regclass)",                                     \
        .remove = "DELETE FROM " table " WHERE " key " = ANY (ARRAY (SELECT " key " FROM " table   \
                  " WHERE " time " < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING 1",            \
    }
#define XACT(id) "CAST(CAST(" id " AS text) AS bigint)"
/* Microseconds since a moment. */
#define AGE(moment) "CAST(extract(epoch FROM clock_timestamp() - " moment ") * 1000000 AS bigint)"

/* By the server's clock: those of processes differ. */
#define OUTBOX_CLAIM_END "clock_timestamp() + ($2 - $1)"
#define OUTBOX_IS_DUE "(claimed_until <= clock_timestamp() OR claimed_until > " OUTBOX_CLAIM_END ")"

/* Whole columns come as arrays, so that a batch is a handful of statements. Rows to be locked are
 * chosen in an ARRAY: a plain subquery with LIMIT may be run again for each row of a join, and then
 * chooses more than its limit. An open offer is known by its person, who has no other. */
static const struct store_dialect dialect = {
    .engine = "postgresql",
    .migrations = "sql/postgres/",
    /* Its limits were a table, ours are a view. */
    .old_system = "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema()"
                  " AND table_name = 'credit_limits' AND table_type = 'BASE TABLE'",
    .migrations_lock = "SELECT pg_try_advisory_lock(20260101)",
    .migrations_unlock = "SELECT pg_advisory_unlock(20260101)",
    .migrations_table = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                        " version integer PRIMARY KEY, name text NOT NULL,"
                        " checksum uuid NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
    .migrations_begun = "SELECT 1 WHERE to_regclass('schema_migrations') IS NOT NULL",
    .migrations_owner = "SELECT coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class"
                        " WHERE oid = to_regclass('schema_migrations')),"
                        " has_schema_privilege(current_schema(), 'CREATE'))",
    .grants = "sql/grants.sql",
    .person_lock = "SELECT id FROM users WHERE id = $1 FOR NO KEY UPDATE",
    .shard_lock = "SELECT position, seal FROM log_shards WHERE shard = $1 FOR NO KEY UPDATE",
    .generation_begin = GENERATION_BEGIN(XACT("pg_current_xact_id()")),
    .revocations_mark = "SELECT " XACT("pg_snapshot_xmin(pg_current_snapshot())"),
    .attempts_read = ATTEMPTS_READ(AGE("f.failed_at")),
    .attempts_fail = ATTEMPTS_FAIL("clock_timestamp()", AGE("f.failed_at")),
    .offers_expire = OFFER_CHANGE(offered, expired, after,
                                  "user_id = ANY (ARRAY (SELECT user_id FROM offers WHERE"
                                  " status = 'offered' AND expires_at <= $1 ORDER BY expires_at"
                                  " LIMIT 1000 FOR UPDATE SKIP LOCKED))"),
    .outbox_due = "SELECT 1 FROM outbox WHERE " OUTBOX_IS_DUE " LIMIT 1",
    .outbox_claim = "UPDATE outbox SET claimed_until = " OUTBOX_CLAIM_END
                    " WHERE id = ANY (ARRAY (SELECT id FROM outbox WHERE " OUTBOX_IS_DUE
                    " ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED))"
                    " RETURNING id, stream, request_id, traceparent, payload",
    .sweeps_read = "SELECT present, swept_at, clock_timestamp(), $1 FROM sweeps",
    .sweeps =
        {
            [SWEPT_KEYS] = SWEEP("event_keys", "key", "seen_at"),
            [SWEPT_REFRESH_TOKENS] = SWEEP("refresh_tokens", "token", "expires_at"),
            [SWEPT_DECISION_KEYS] = SWEEP("idempotency_keys", "ctid", "created_at"),
            [SWEPT_SUBMISSION_KEYS] = SWEEP("submission_keys", "ctid", "created_at"),
            [SWEPT_LOGIN_FAILURES] = SWEEP("login_failures", "ctid", "failed_at"),
        },
    .events =
        {
            .persons_find = "SELECT user_id FROM feature_versions WHERE user_id = ANY ($1)",
            /* A key's time is the database's, whatever the clocks of the bus and the worker say. */
            .keys_add = "INSERT INTO event_keys (key, content, seen_at)"
                        " SELECT key, content, now() FROM unnest($1, $2, $3) AS u (key, content, t)"
                        " ON CONFLICT DO NOTHING RETURNING key",
            .keys_read = "SELECT key, content, seen_at < now() - interval '1 day' FROM event_keys"
                         " WHERE key = ANY ($1)",
            .keys_renew = "UPDATE event_keys SET seen_at = now() WHERE key = ANY ($1)",
            .persons_lock = "SELECT v.user_id FROM unnest($1) AS u (id)"
                            " JOIN feature_versions v ON v.user_id = u.id"
                            " ORDER BY v.user_id FOR NO KEY UPDATE OF v",
            .versions_grow = "UPDATE feature_versions SET version = version + 1"
                             " WHERE user_id = ANY ($1)",
            .rows_add =
                {
                    [TABLE_EMOTIONS] =
                        "INSERT INTO emotion_events (user_id, occurred_at, received_at,"
                        " positivity, intensity, stress, type, event_id, trace_id, folded_at)"
                        " SELECT *, clock_timestamp()"
                        " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    [TABLE_TRANSACTIONS] =
                        "INSERT INTO transaction_events (user_id, occurred_at, received_at,"
                        " amount_cents, direction, currency, category, transaction_id, trace_id,"
                        " source, folded_at) SELECT a, b, c, d, e, f, g, h, i," SOURCE_NAME(
                            "s") ", clock_timestamp() FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, "
                                 "$9, $10)"
                                 " AS u (a, b, c, d, e, f, g, h, i, s)",
                },
            .tiles_add =
                {
                    [TABLE_EMOTIONS] =
                        "INSERT INTO emotion_tiles AS t (user_id, hour, event_count,"
                        " stress_event_count, positivity_sum, intensity_sum, stress_sum,"
                        " stress_square_sum, stress_min, stress_max)"
                        " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, "
                        "$10)" EMOTION_TILE_MERGE("least", "greatest"),
                    [TABLE_TRANSACTIONS] =
                        "INSERT INTO transaction_tiles AS t (user_id, day, count, sum_cents,"
                        " square_sum, min_cents, max_cents, in_count, in_sum_cents)"
                        " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, "
                        "$9)" TRANSACTION_TILE_MERGE("least", "greatest"),
                },
        },
    .verdicts =
        {
            .extent =
                "SELECT pg_relation_size('decisions') / current_setting('block_size')::bigint + 1,"
                " pg_relation_size('offers') / current_setting('block_size')::bigint + 1",
            .step = 512,
            .verdicts = VERDICTS_SELECT("d.ctid >= " BLOCK("$1"), "d.ctid < " BLOCK("$2")),
            .granted = GRANTED_SELECT("d.ctid >= " BLOCK("$1"), "d.ctid < " BLOCK("$2")),
        },
    .rows_prepare = rows_prepare,
    .months_sweep = months_sweep,
};

enum status store_postgres_open(const char *url, struct store **store)
{
    struct store_postgres *postgres = calloc(1, sizeof *postgres);
    if (postgres == NULL)
        return STATUS_UNAVAILABLE;
    postgres->base.dialect = &dialect;
    enum status status = sql_postgres_open(url, &postgres->base.sql);
    if (status == STATUS_OK)
        *store = &postgres->base;
    else
        free(postgres);
    return status;
}
