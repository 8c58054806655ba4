/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: the tiles of one person, with the version that they are, by one statement and so from
 * one snapshot.
 */
#include "store/store_sql.h"

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
    tile->hour_us = row_time_us(sql);
    tile->event_count = row_integer(sql);
    tile->stress_event_count = row_integer(sql);
    tile->positivity_sum = row_integer(sql);
    tile->intensity_sum = row_integer(sql);
    tile->stress_sum = row_integer(sql);
    tile->stress_square_sum = row_integer(sql);
    tile->stress_min = row_integer(sql);
    tile->stress_max = row_integer(sql);
}

static void transaction_take(struct sql *sql, struct transaction_tile *tile)
{
    tile->day_us = row_time_us(sql);
    tile->count = row_integer(sql);
    tile->sum_cents = row_integer(sql);
    tile->square_sum = row_integer(sql);
    tile->min_cents = row_integer(sql);
    tile->max_cents = row_integer(sql);
    tile->in_count = row_integer(sql);
    tile->in_sum_cents = row_integer(sql);
}

/* Windows are bounded, so tiles always fit; were they not, the store would be at fault. */
static enum status row_take(struct sql *sql, int64_t *version, struct person_tiles *tiles)
{
    switch (row_integer(sql)) {
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
        tiles->registered_us = row_time_us(sql);
        *version = row_integer(sql);
        return STATUS_OK;
    }
}

enum status store_sql_tiles_read(struct store *store, const struct uuid *user_id, int64_t now_us,
                                 int64_t *version, struct person_tiles *tiles)
{
    struct sql *sql = store_sql_of(store)->sql;
    tiles->emotion_count = 0;
    tiles->transaction_count = 0;
    *version = -1;
    enum status status =
        sql_start(sql, tiles_text, sql_uuid(user_id), sql_time(features_emotions_from_us(now_us)),
                  sql_time(features_transactions_from_us(now_us)), sql_time(now_us));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK)
        status = row_take(sql, version, tiles);
    sql_end(sql);
    if (status != STATUS_NOT_FOUND)
        return status;
    return *version < 0 ? STATUS_NOT_FOUND : STATUS_OK;
}
