/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: the tiles of a person are read by one statement, and so from one snapshot with the
 * version that they are. What was known at a moment is folded anew from raw rows: tiles cannot tell
 * it, they hold what came in later as well.
 */
#include "store/features.h"

#include <assert.h>

#include "store/internal.h"

enum row_kind { ROW_VERSION, ROW_EMOTIONS, ROW_TRANSACTIONS };

static const char tiles_text[] =
    "SELECT 0, u.created_at, v.version, 0, 0, 0, 0, 0, 0, 0 FROM feature_versions v"
    " JOIN users u ON u.id = v.user_id WHERE v.user_id = $1"
    " UNION ALL SELECT 1, hour, event_count, stress_event_count, positivity_sum, intensity_sum,"
    " stress_sum, stress_square_sum, stress_min, stress_max"
    " FROM emotion_tiles WHERE user_id = $1 AND hour >= $2 AND hour <= $4"
    " UNION ALL SELECT 2, day, count, sum_cents, square_sum, min_cents, max_cents, in_count,"
    " in_sum_cents, 0 FROM transaction_tiles WHERE user_id = $1 AND day >= $3 AND day <= $4"
    " ORDER BY 1, 2";

static void emotion_take(struct sql *sql, struct emotion_tile *tile)
{
    tile->hour_us = sql_row_time_us(sql);
    tile->event_count = sql_row_integer(sql);
    tile->stress_event_count = sql_row_integer(sql);
    tile->positivity_sum = sql_row_integer(sql);
    tile->intensity_sum = sql_row_integer(sql);
    tile->stress_sum = sql_row_integer(sql);
    tile->stress_square_sum = sql_row_integer(sql);
    tile->stress_min = sql_row_integer(sql);
    tile->stress_max = sql_row_integer(sql);
}

static void transaction_take(struct sql *sql, struct transaction_tile *tile)
{
    tile->day_us = sql_row_time_us(sql);
    tile->count = sql_row_integer(sql);
    tile->sum_cents = sql_row_integer(sql);
    tile->square_sum = sql_row_integer(sql);
    tile->min_cents = sql_row_integer(sql);
    tile->max_cents = sql_row_integer(sql);
    tile->in_count = sql_row_integer(sql);
    tile->in_sum_cents = sql_row_integer(sql);
}

/* Windows are bounded, so tiles always fit; were they not, the store would be at fault. */
static enum status row_take(struct sql *sql, int64_t *version, struct person_tiles *tiles)
{
    switch (sql_row_integer(sql)) {
    case ROW_EMOTIONS:
        if (tiles->emotion_count == EMOTION_TILES_MAX)
            return STATUS_INTERNAL;
        emotion_take(sql, &tiles->emotions[tiles->emotion_count++]);
        return STATUS_OK;
    case ROW_TRANSACTIONS:
        if (tiles->transaction_count == TRANSACTION_TILES_MAX)
            return STATUS_INTERNAL;
        transaction_take(sql, &tiles->transactions[tiles->transaction_count++]);
        return STATUS_OK;
    default:
        tiles->registered_us = sql_row_time_us(sql);
        *version = sql_row_integer(sql);
        return STATUS_OK;
    }
}

enum status store_tiles_read(struct store *store, const struct uuid *user_id, int64_t now_us,
                             int64_t *version, struct person_tiles *tiles)
{
    struct sql *sql = store->sql;
    tiles->emotion_count = 0;
    tiles->transaction_count = 0;
    *version = -1;
    enum status status =
        sql_start(sql, tiles_text, sql_uuid(user_id), sql_time(features_emotions_from_us(now_us)),
                  sql_time(features_transactions_from_us(now_us)), sql_time(now_us));
    while (sql_row(sql, &status))
        status = row_take(sql, version, tiles);
    sql_end(sql);
    if (status != STATUS_NOT_FOUND)
        return status;
    return *version < 0 ? STATUS_NOT_FOUND : STATUS_OK;
}

enum status store_people_scan(struct store *store, const struct uuid *after, int64_t as_of_us,
                              struct uuid out[], size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT id FROM users WHERE id > $1 AND created_at <= $2"
                                   " ORDER BY id LIMIT $3",
                                   sql_uuid(after), sql_time(as_of_us), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        assert(*count < max);
        out[(*count)++] = sql_row_uuid(sql);
    }
    return sql_rows_end(sql, status);
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
    assert(count == 0 || tiles->emotions[count - 1].hour_us < tile.hour_us);
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
    assert(count == 0 || tiles->transactions[count - 1].day_us < tile.day_us);
    tiles->transactions[tiles->transaction_count++] = tile;
    return STATUS_OK;
}

/* A tile counts as a whole: in the one that the moment lies in, an event may be a little ahead of
 * it and was seen even so. What was received, but not counted yet, nobody saw. */
static enum status emotions_fold(struct sql *sql, const struct uuid *user_id, int64_t as_of_us,
                                 struct person_tiles *tiles)
{
    int64_t until_us = event_hour_us(as_of_us) + HOUR_US;
    enum status status =
        sql_start(sql,
                  "SELECT occurred_at, positivity, intensity, stress FROM emotion_events"
                  " WHERE user_id = $1 AND occurred_at >= $2 AND occurred_at < $3"
                  " AND coalesce(folded_at, received_at) <= $4 ORDER BY occurred_at",
                  sql_uuid(user_id), sql_time(features_emotions_from_us(as_of_us)),
                  sql_time(until_us), sql_time(as_of_us));
    while (sql_row(sql, &status)) {
        struct emotion_event event = {.occurred_at_us = sql_row_time_us(sql)};
        event.positivity = (int32_t)sql_row_integer(sql);
        event.intensity = (int32_t)sql_row_integer(sql);
        event.stress = (int32_t)sql_row_integer(sql);
        status = emotion_add(tiles, &event);
    }
    return sql_rows_end(sql, status);
}

static enum status transactions_fold(struct sql *sql, const struct uuid *user_id, int64_t as_of_us,
                                     struct person_tiles *tiles)
{
    int64_t until_us = event_day_us(as_of_us) + DAY_US;
    enum status status =
        sql_start(sql,
                  "SELECT occurred_at, amount_cents, direction FROM transaction_events"
                  " WHERE user_id = $1 AND occurred_at >= $2 AND occurred_at < $3"
                  " AND coalesce(folded_at, received_at) <= $4 ORDER BY occurred_at",
                  sql_uuid(user_id), sql_time(features_transactions_from_us(as_of_us)),
                  sql_time(until_us), sql_time(as_of_us));
    while (sql_row(sql, &status)) {
        struct transaction_event event = {.occurred_at_us = sql_row_time_us(sql)};
        event.amount_cents = sql_row_integer(sql);
        event.direction = sql_row_integer(sql) == 0 ? TRANSACTION_OUT : TRANSACTION_IN;
        status = transaction_add(tiles, &event);
    }
    return sql_rows_end(sql, status);
}

enum status store_tiles_as_of(struct store *store, const struct uuid *user_id, int64_t as_of_us,
                              struct person_tiles *tiles)
{
    struct sql *sql = store->sql;
    tiles->emotion_count = tiles->transaction_count = 0;
    enum status status =
        sql_one(sql, "SELECT created_at FROM users WHERE id = $1 AND created_at <= $2",
                sql_uuid(user_id), sql_time(as_of_us));
    if (status == STATUS_OK)
        tiles->registered_us = sql_row_time_us(sql);
    sql_end(sql);
    if (status == STATUS_OK)
        status = emotions_fold(sql, user_id, as_of_us, tiles);
    if (status == STATUS_OK)
        status = transactions_fold(sql, user_id, as_of_us, tiles);
    return status;
}
