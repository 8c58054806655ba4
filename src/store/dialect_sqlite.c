/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store says to SQLite.
 */
#include <stdlib.h>

#include "store/internal.h"
#include "store/sql_sqlite.h"

#define SWEEP(table, key, time)                                                                    \
    {                                                                                              \
        .due = SWEEP_DUE(table, time), .count = "SELECT count(*) FROM " table,                     \
        .remove = "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table             \
                  " WHERE " time " < $1 ORDER BY " time " LIMIT $2) RETURNING 1",                  \
    }
/* The file has no clock of its own: its time is what this process believes (adapters/clock.h). */
#define CLOCK_US "clock_us()" /* sql_sqlite.c */

/* Statements run once for each element of a batch. BEGIN IMMEDIATE lets one writer in, so there
 * is nothing to lock. */
#define OUTBOX_IS_DUE "(claimed_until <= $1 OR claimed_until > $2)"
static const struct store_dialect dialect = {
    .engine = "sqlite",
    .migrations = "sql/sqlite/",
    .migrations_table = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                        " version INTEGER PRIMARY KEY, name TEXT NOT NULL,"
                        " checksum BLOB NOT NULL,"
                        " applied_at INTEGER NOT NULL DEFAULT (unixepoch() * 1000000)) STRICT",
    .migrations_begun = "SELECT 1 FROM sqlite_master WHERE name = 'schema_migrations'",
    .person_lock = "SELECT id FROM users WHERE id = $1",
    .generation_begin =
        GENERATION_BEGIN("(SELECT coalesce(max(generation_change), 0) + 1 FROM users)"),
    .revocations_mark = "SELECT coalesce(max(generation_change), 0) FROM users",
    .attempts_read = ATTEMPTS_READ(CLOCK_US " - f.failed_at"),
    .attempts_fail = ATTEMPTS_FAIL(CLOCK_US, CLOCK_US " - f.failed_at"),
    .offers_expire = OFFER_CHANGE(offered, expired, after,
                                  "position IN (SELECT position FROM offers WHERE"
                                  " status = 'offered' AND expires_at <= $1"
                                  " ORDER BY expires_at LIMIT 1000)"),
    .outbox_due = "SELECT 1 FROM outbox WHERE " OUTBOX_IS_DUE " LIMIT 1",
    .outbox_claim = "UPDATE outbox SET claimed_until = $2 WHERE id IN (SELECT id FROM outbox"
                    " WHERE " OUTBOX_IS_DUE " ORDER BY id LIMIT $3)"
                    " RETURNING id, stream, request_id, traceparent, payload",
    .sweeps_read = "SELECT present, swept_at, $1 FROM sweeps",
    .sweeps =
        {
            [SWEPT_EMOTIONS] = SWEEP("emotion_events", "rowid", "occurred_at"),
            [SWEPT_TRANSACTIONS] = SWEEP("transaction_events", "rowid", "occurred_at"),
            [SWEPT_KEYS] = SWEEP("event_keys", "key", "seen_at"),
            [SWEPT_REFRESH_TOKENS] = SWEEP("refresh_tokens", "token", "expires_at"),
            [SWEPT_DECISION_KEYS] =
                {
                    .due = SWEEP_DUE("idempotency_keys", "created_at"),
                    .count = "SELECT count(*) FROM idempotency_keys",
                    .remove = "DELETE FROM idempotency_keys WHERE (user_id, key) IN"
                              " (SELECT user_id, key FROM idempotency_keys WHERE created_at < $1"
                              " ORDER BY created_at LIMIT $2) RETURNING 1",
                },
            [SWEPT_SUBMISSION_KEYS] = SWEEP("submission_keys", "rowid", "created_at"),
            [SWEPT_LOGIN_FAILURES] = SWEEP("login_failures", "rowid", "failed_at"),
        },
    .events =
        {
            .persons_find = "SELECT user_id FROM feature_versions WHERE user_id = $1",
            /* A key is never older than the present that the next sweep goes by. */
            .keys_add = "INSERT INTO event_keys (key, content, seen_at)"
                        " SELECT $1, $2, max($3, present) FROM sweeps WHERE TRUE"
                        " ON CONFLICT DO NOTHING RETURNING key",
            .keys_read = "SELECT key, content, seen_at < (SELECT present FROM sweeps) - 86400000000"
                         " FROM event_keys WHERE key = $1",
            .keys_renew = "UPDATE event_keys SET seen_at = max(seen_at, (SELECT present"
                          " FROM sweeps)) WHERE key = $1",
            .persons_lock = "SELECT user_id FROM feature_versions WHERE user_id = $1",
            .versions_grow = "UPDATE feature_versions SET version = version + 1"
                             " WHERE user_id = $1",
            .rows_add =
                {
                    EMOTIONS_ADD("VALUES (" UP_TO_9 ", " CLOCK_US ")"),
                    TRANSACTIONS_ADD("VALUES (" UP_TO_9 "," SOURCE_NAME("$10") ", " CLOCK_US ")"),
                },
            .tiles_add =
                {
                    EMOTION_TILES_ADD("VALUES (" UP_TO_9 ", $10)", "min", "max"),
                    TRANSACTION_TILES_ADD("VALUES (" UP_TO_9 ")", "min", "max"),
                },
        },
    .analyses =
        {
            .states =
                "SELECT " STATE_COLUMNS " FROM feature_versions v"
                " LEFT JOIN decision_heads h ON h.user_id = v.user_id"
                " LEFT JOIN decisions d ON d.user_id = v.user_id AND d.position ="
                " (SELECT max(position) FROM decisions WHERE user_id = $1)" DECISION_WITH_OFFER
                " WHERE v.user_id = $1",
            .tiles = "SELECT " VERSION_COLUMNS " FROM feature_versions v"
                     " JOIN users u ON u.id = v.user_id WHERE v.user_id = $1"
                     " UNION ALL SELECT " EMOTION_TILE_COLUMNS " FROM emotion_tiles e"
                     " WHERE user_id = $1 AND hour >= $2 AND hour <= $4"
                     " UNION ALL SELECT " TRANSACTION_TILE_COLUMNS " FROM transaction_tiles t"
                     " WHERE user_id = $1 AND day >= $3 AND day <= $4 ORDER BY 2, 3",
            .persons_lock = "SELECT id FROM users WHERE id = $1",
            .offers_supersede = OFFER_CHANGE(offered, superseded, before, "user_id = $2"),
            .offers_expire = OFFER_CHANGE(offered, expired, after, "user_id = $2"),
            .heads_move = HEADS_MOVE("VALUES ($1, 1, $2)"),
            .decisions_add = DECISIONS_ADD("VALUES (" UP_TO_18 ")"),
            .offers_add = OFFERS_ADD("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, 'offered')"),
            .keys_add = KEYS_ADD("VALUES ($1, $2, $3, $4, $5)"),
            .offers_find = "SELECT " OFFER_COLUMNS " FROM offers o WHERE o.user_id = $1"
                           " AND o.id = $2",
            .offers_accept = OFFER_CHANGE(offered, accepted, before, "user_id = $2 AND id = $3"),
            .outbox_add = OUTBOX_ADD("VALUES ($1, $2, $3, $4, $5, 0)"),
            .shards_lock = "SELECT shard, position, seal FROM log_shards WHERE shard = $1",
            .shards_move = "UPDATE log_shards SET position = $2, seal = $3 WHERE shard = $1",
            .log_add = LOG_ADD("VALUES ($1, $2, $3, $4, $5, $6)"),
        },
    .verdicts =
        {
            .extent = "SELECT coalesce((SELECT max(position) + 1 FROM decisions), 0),"
                      " coalesce((SELECT max(position) + 1 FROM offers), 0)",
            .step = 4096,
            .verdicts = VERDICTS_SELECT("d.position >= $1", "d.position < $2"),
            .granted = GRANTED_SELECT("d.position >= $1", "d.position < $2"),
        },
};

enum status store_sqlite_open(struct sqlite_database *database, struct store **store)
{
    struct store *sqlite = calloc(1, sizeof *sqlite);
    if (sqlite == NULL)
        return STATUS_UNAVAILABLE;
    sqlite->dialect = &dialect;
    enum status status = sql_sqlite_open(database, &sqlite->sql);
    if (status == STATUS_OK)
        *store = sqlite;
    else
        free(sqlite);
    return status;
}
