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

/* The tiles of many persons, one person after the other. */
struct tiles_reading {
    struct uuid user_id; /* whose rows come */
    int64_t version;     /* -1: nobody's have come yet */
    struct person_tiles tiles;
    enum status status;
    tiles_taker *take;
    void *context;
};

static void person_end(struct tiles_reading *reading)
{
    if (reading->version >= 0 && reading->status == STATUS_OK)
        reading->take(&reading->user_id, reading->version, &reading->tiles, reading->context);
    reading->version = -1;
}

/* Windows are bounded, so tiles always fit; were they not, the store would be at fault. */
static void row_take(struct sql *sql, void *context)
{
    struct tiles_reading *reading = context;
    struct person_tiles *tiles = &reading->tiles;
    struct uuid user_id = sql_row_uuid(sql);
    enum row_kind kind = (enum row_kind)sql_row_integer(sql);
    if (kind == ROW_VERSION) {
        person_end(reading);
        reading->user_id = user_id;
        tiles->emotion_count = tiles->transaction_count = 0;
        tiles->registered_us = sql_row_time_us(sql);
        reading->version = sql_row_integer(sql);
    } else if (kind == ROW_EMOTIONS && tiles->emotion_count < EMOTION_TILES_MAX) {
        emotion_take(sql, &tiles->emotions[tiles->emotion_count++]);
    } else if (kind == ROW_TRANSACTIONS && tiles->transaction_count < TRANSACTION_TILES_MAX) {
        transaction_take(sql, &tiles->transactions[tiles->transaction_count++]);
    } else {
        reading->status = STATUS_INTERNAL;
    }
}

enum status store_tiles_read(struct store *store, struct tiles_wanted wanted[], size_t count,
                             tiles_taker *take, void *context)
{
    struct tiles_reading reading = {.version = -1, .take = take, .context = context};
    const size_t size = sizeof wanted[0];
    const struct sql_column columns[] = {{SQL_UUID, &wanted[0].user_id, size},
                                         {SQL_TIME, &wanted[0].emotions_from_us, size},
                                         {SQL_TIME, &wanted[0].transactions_from_us, size},
                                         {SQL_TIME, &wanted[0].now_us, size}};
    assert(count <= REQUESTS_AT_ONCE_MAX);
    for (size_t i = 0; i < count; i++) {
        wanted[i].emotions_from_us = features_emotions_from_us(wanted[i].now_us);
        wanted[i].transactions_from_us = features_transactions_from_us(wanted[i].now_us);
    }
    enum status status =
        sql_bulk(store->sql, &(struct sql_bulk){store->dialect->analyses.tiles, columns, 4, NULL,
                                                count, row_take, &reading});
    if (status == STATUS_OK)
        person_end(&reading);
    return status == STATUS_OK ? reading.status : status;
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
