/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what was known of a person at a moment, folded anew from raw rows. Tiles cannot tell
 * it: they hold what came in later as well.
 */
#include "store/store_sql.h"

enum status store_sql_people_scan(struct store *store, const struct uuid *after, int64_t as_of_us,
                                  struct uuid out[], size_t max, size_t *count)
{
    struct sql *sql = store_sql_of(store)->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT id FROM users WHERE id > $1 AND created_at <= $2"
                                   " ORDER BY id LIMIT $3",
                                   sql_uuid(after), sql_time(as_of_us), sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK)
        out[(*count)++] = row_uuid(sql);
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Rows come in order of time, so a tile is always the last one or a new one. */
static enum status emotion_add(struct person_tiles *tiles, const struct emotion_event *event)
{
    struct emotion_tile tile = emotion_tile_of(event);
    size_t count = tiles->emotion_count;
    if (count > 0 && tiles->emotions[count - 1].hour_us == tile.hour_us) {
        emotion_tile_merge(&tiles->emotions[count - 1], &tile);
        return STATUS_OK;
    }
    if (count == EMOTION_TILES_MAX)
        return STATUS_INTERNAL;
    tiles->emotions[tiles->emotion_count++] = tile;
    return STATUS_OK;
}

static enum status transaction_add(struct person_tiles *tiles,
                                   const struct transaction_event *event)
{
    struct transaction_tile tile = transaction_tile_of(event);
    size_t count = tiles->transaction_count;
    if (count > 0 && tiles->transactions[count - 1].day_us == tile.day_us) {
        transaction_tile_merge(&tiles->transactions[count - 1], &tile);
        return STATUS_OK;
    }
    if (count == TRANSACTION_TILES_MAX)
        return STATUS_INTERNAL;
    tiles->transactions[tiles->transaction_count++] = tile;
    return STATUS_OK;
}

/* A tile counts as a whole: in the one that the moment lies in, an event may be a little ahead of
 * it and was seen even so. What was received, but not counted yet, nobody saw. */
static enum status emotions_fold(struct sql *sql, const struct uuid *user_id, int64_t as_of_us,
                                 struct person_tiles *tiles)
{
    int64_t until_us = emotion_hour_us(as_of_us) + HOUR_US;
    enum status status =
        sql_start(sql,
                  "SELECT occurred_at, positivity, intensity, stress FROM emotion_events"
                  " WHERE user_id = $1 AND occurred_at >= $2 AND occurred_at < $3"
                  " AND coalesce(folded_at, received_at) <= $4 ORDER BY occurred_at",
                  sql_uuid(user_id), sql_time(features_emotions_from_us(as_of_us)),
                  sql_time(until_us), sql_time(as_of_us));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct emotion_event event = {.occurred_at_us = row_time_us(sql)};
        event.positivity = (int32_t)row_integer(sql);
        event.intensity = (int32_t)row_integer(sql);
        event.stress = (int32_t)row_integer(sql);
        status = emotion_add(tiles, &event);
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status transactions_fold(struct sql *sql, const struct uuid *user_id, int64_t as_of_us,
                                     struct person_tiles *tiles)
{
    int64_t until_us = transaction_day_us(as_of_us) + DAY_US;
    enum status status =
        sql_start(sql,
                  "SELECT occurred_at, amount_cents, direction FROM transaction_events"
                  " WHERE user_id = $1 AND occurred_at >= $2 AND occurred_at < $3"
                  " AND coalesce(folded_at, received_at) <= $4 ORDER BY occurred_at",
                  sql_uuid(user_id), sql_time(features_transactions_from_us(as_of_us)),
                  sql_time(until_us), sql_time(as_of_us));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct transaction_event event = {.occurred_at_us = row_time_us(sql)};
        event.amount_cents = row_integer(sql);
        event.direction = row_integer(sql) == 0 ? TRANSACTION_OUT : TRANSACTION_IN;
        status = transaction_add(tiles, &event);
    }
    sql_end(sql);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_sql_decision_at(struct store *store, const struct uuid *user_id, int64_t at_us,
                                  struct decision *decision)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status =
        sql_one(sql,
                "SELECT " DECISION_AND_OFFER " FROM decisions d" DECISION_WITH_OFFER
                " WHERE d.user_id = $1 AND d.decided_at = $2"
                " ORDER BY d.position DESC LIMIT 1",
                sql_uuid(user_id), sql_time(at_us));
    if (status == STATUS_OK)
        status = decision_take(sql, decision);
    sql_end(sql);
    return status;
}

enum status store_sql_tiles_as_of(struct store *store, const struct uuid *user_id, int64_t as_of_us,
                                  struct person_tiles *tiles)
{
    struct sql *sql = store_sql_of(store)->sql;
    tiles->emotion_count = tiles->transaction_count = 0;
    enum status status =
        sql_one(sql, "SELECT created_at FROM users WHERE id = $1 AND created_at <= $2",
                sql_uuid(user_id), sql_time(as_of_us));
    if (status == STATUS_OK)
        tiles->registered_us = row_time_us(sql);
    sql_end(sql);
    if (status == STATUS_OK)
        status = emotions_fold(sql, user_id, as_of_us, tiles);
    if (status == STATUS_OK)
        status = transactions_fold(sql, user_id, as_of_us, tiles);
    return status;
}
