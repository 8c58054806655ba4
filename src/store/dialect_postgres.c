/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store says to PostgreSQL. Raw rows lie there in monthly partitions, UTC: made when the
 * first event of a month comes, dropped as a whole, which costs nothing, when all of the month is
 * past the retention.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "process/log.h"
#include "store/internal.h"

enum { PARTITIONS_KNOWN_MAX = 128, NAME_SIZE = 64, MONTHS = 12 };

/* The months that this handle has seen a partition for, so that it asks only once for each. */
struct partitions {
    struct {
        enum event_table table;
        int month; /* months since year 0 */
    } known[PARTITIONS_KNOWN_MAX];
    size_t count;
};

struct store_postgres {
    struct store base;
    struct partitions partitions;
};

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

static struct partitions *partitions_of(struct store *store)
{
    return &((struct store_postgres *)store)->partitions;
}

/* The owner's functions make them: this login owns nothing (sql/postgres/0019_months.sql). */
static enum status rows_prepare(struct store *store, enum event_table table,
                                const struct sql_column *times, size_t count)
{
    struct partitions *partitions = partitions_of(store);
    /* The last batch failed, perhaps because a partition was dropped meanwhile. */
    if (store->sql->worth_repeating)
        partitions->count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *place = (const char *)times->first + i * times->stride;
        int64_t time_us = *(const int64_t *)(const void *)place;
        int month = month_of(time_us);
        if (is_known(partitions, table, month))
            continue;
        enum status status = sql_do(store->sql, "SELECT events_month_add($1, $2)", NULL,
                                    sql_text(tables[table]), sql_time(time_us));
        if (status != STATUS_OK)
            return status;
        if (partitions->count == PARTITIONS_KNOWN_MAX)
            partitions->count = 0;
        assert(partitions->count < PARTITIONS_KNOWN_MAX);
        partitions->known[partitions->count].table = table;
        partitions->known[partitions->count++].month = month;
    }
    return STATUS_OK;
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

/* Drops the oldest month, if it ends at or before that moment; more are `held_back`. */
static enum status months_sweep(struct store *store, enum swept swept, int64_t before_us,
                                int64_t *dropped, bool *held_back)
{
    enum event_table table = swept == SWEPT_EMOTIONS ? TABLE_EMOTIONS : TABLE_TRANSACTIONS;
    struct sql *sql = store->sql;
    char name[NAME_SIZE];
    *dropped = 0;
    partitions_of(store)->count = 0;
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

/* A row of each person, or several. OFFSET 0 keeps the planner from making one join of it: on
 * tables that were empty when a statement was prepared it would read them whole, for as long as it
 * lives. */
#define EACH(rows, name) "LATERAL (" rows " OFFSET 0) AS " name
/* The open offers of persons $2, each at the moment that stands beside them in $1. */
#define OFFERS_END(to, when)                                                                       \
    OFFER_CHANGE_AT("u.moment",                                                                    \
                    " FROM unnest($1, $2) AS u (moment, person) CROSS JOIN " EACH(                 \
                        "SELECT ctid AS place FROM offers WHERE user_id = u.person"                \
                        " AND status = 'offered'",                                                 \
                        "open"),                                                                   \
                    offered, to, when, "offers.ctid = open.place")

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
                    EMOTIONS_ADD("SELECT *, clock_timestamp() FROM unnest(" UP_TO_9 ")"),
                    TRANSACTIONS_ADD("SELECT a, b, c, d, e, f, g, h, i," SOURCE_NAME(
                        "s") ", clock_timestamp() FROM unnest(" UP_TO_9 ", $10)"
                             " AS u (a, b, c, d, e, f, g, h, i, s)"),
                },
            .tiles_add =
                {
                    EMOTION_TILES_ADD("SELECT * FROM unnest(" UP_TO_9 ", $10)", "least",
                                      "greatest"),
                    TRANSACTION_TILES_ADD("SELECT * FROM unnest(" UP_TO_9 ")", "least", "greatest"),
                },
        },
    .analyses =
        {
            .states =
                "SELECT " STATE_COLUMNS " FROM unnest($1) AS i (id)"
                " CROSS JOIN " EACH(
                    "SELECT * FROM feature_versions WHERE user_id = i.id",
                    "v") " LEFT JOIN " EACH("SELECT * FROM decision_heads WHERE user_id = i.id",
                                            "h") " ON TRUE"
                                                 " LEFT JOIN " EACH(
                                                     "SELECT * FROM decisions WHERE user_id = i.id"
                                                     " ORDER BY position DESC LIMIT 1",
                                                     "d") " ON TRUE"
                                                          " LEFT JOIN " EACH(
                                                              "SELECT * FROM offers WHERE user_id "
                                                              "= d.user_id"
                                                              " AND decision_id = d.id",
                                                              "o") " ON TRUE",
            .tiles =
                "SELECT " VERSION_COLUMNS " FROM unnest($1) AS i (id)"
                " CROSS JOIN " EACH(
                    "SELECT * FROM feature_versions WHERE user_id = i.id",
                    "v") " CROSS JOIN " EACH("SELECT created_at FROM users WHERE id = i.id",
                                             "u") " UNION ALL SELECT " EMOTION_TILE_COLUMNS
                                                  " FROM unnest($1, $2, $4) AS i (id, since, "
                                                  "until) CROSS JOIN " EACH(
                                                      "SELECT * FROM emotion_tiles WHERE user_id = "
                                                      "i.id"
                                                      " AND hour >= i.since AND hour <= i.until",
                                                      "e") " UNION ALL "
                                                           "SELECT " TRANSACTION_TILE_COLUMNS
                                                           " FROM unnest($1, $3, $4) AS i (id, "
                                                           "since, until) CROSS JOIN " EACH(
                                                               "SELECT * FROM transaction_tiles "
                                                               "WHERE user_id = i.id"
                                                               " AND day >= i.since AND day <= "
                                                               "i.until",
                                                               "t") " ORDER BY 1, 2, 3",
            .persons_lock = "SELECT u.id FROM unnest($1) AS i (id) CROSS JOIN " EACH(
                "SELECT id FROM users WHERE id = i.id"
                " FOR NO KEY UPDATE SKIP LOCKED",
                "u"),
            .offers_supersede = OFFERS_END(superseded, before),
            .offers_expire = OFFERS_END(expired, after),
            .heads_move = HEADS_MOVE("SELECT u.id, 1, u.entry FROM unnest($1, $2)"
                                     " AS u (id, entry)"),
            .decisions_add = DECISIONS_ADD("SELECT * FROM unnest(" UP_TO_18 ")"),
            .offers_add = OFFERS_ADD("SELECT *, created_at, 'offered' FROM unnest($1, $2, $3, $4,"
                                     " $5, $6, $7, $8) AS u (id, user_id, decision_id,"
                                     " limit_cents, rate_bp, credit_type, created_at,"
                                     " expires_at)"),
            .keys_add = KEYS_ADD("SELECT * FROM unnest($1, $2, $3, $4, $5)"),
            .offers_find = "SELECT " OFFER_COLUMNS " FROM unnest($1, $2) AS i (person, offer)"
                           " CROSS JOIN " EACH("SELECT * FROM offers WHERE user_id = i.person"
                                               " AND id = i.offer",
                                               "o"),
            .offers_accept = OFFER_CHANGE_AT(
                "u.moment",
                " FROM unnest($1, $2, $3) AS u (moment, person, offer) CROSS JOIN " EACH(
                    "SELECT ctid AS place FROM offers WHERE user_id = u.person"
                    " AND id = u.offer",
                    "open"),
                offered, accepted, before, "offers.ctid = open.place"),
            .outbox_add = OUTBOX_ADD("SELECT *, 'epoch' FROM unnest($1, $2, $3, $4, $5)"),
            .shards_lock = "SELECT s.shard, s.position, s.seal FROM unnest($1) AS i (shard)"
                           " JOIN log_shards s ON s.shard = i.shard"
                           " ORDER BY s.shard FOR NO KEY UPDATE OF s",
            .shards_move = "UPDATE log_shards AS s SET position = u.position, seal = u.seal"
                           " FROM unnest($1, $2, $3) AS u (shard, position, seal)"
                           " WHERE s.shard = u.shard",
            .log_add = LOG_ADD("SELECT * FROM unnest($1, $2, $3, $4, $5, $6)"),
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
