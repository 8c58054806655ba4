/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what features are made of, as they are now and as they were at a moment.
 */
#ifndef ECS_STORE_FEATURES_H
#define ECS_STORE_FEATURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "domain/features.h"

struct store;

/* Whose tiles are asked for, and as of when. */
struct tiles_wanted {
    struct uuid user_id;
    int64_t now_us;
    int64_t emotions_from_us, transactions_from_us; /* the store sets these */
};
/* Told of each person that there is: tiles of the longest windows, ascending, and the version of
 * the person's features that they are, from one snapshot. May not use the store; the tiles are gone
 * afterwards. */
typedef void tiles_taker(const struct uuid *user_id, int64_t version,
                         const struct person_tiles *tiles, void *context);
/* Of up to REQUESTS_AT_ONCE_MAX persons, each once. */
MUST_CHECK enum status store_tiles_read(struct store *store, struct tiles_wanted wanted[],
                                        size_t count, tiles_taker *take, void *context);
/* Persons registered at or before `as_of_us`, in the order of their ids, those behind `after`;
 * none: that was all. */
MUST_CHECK enum status store_people_scan(struct store *store, const struct uuid *after,
                                         int64_t as_of_us, struct uuid out[], size_t max,
                                         size_t *count);
/* The tiles of the longest windows as they were at `as_of_us`: of events that had been counted by
 * then, by the clock of the database, those a little ahead of it in its own hour and day among
 * them. A batch is counted from when its rows are written, some milliseconds before others can see
 * it. NOT_FOUND: nobody of that id was registered then. */
MUST_CHECK enum status store_tiles_as_of(struct store *store, const struct uuid *user_id,
                                         int64_t as_of_us, struct person_tiles *tiles);

#endif
