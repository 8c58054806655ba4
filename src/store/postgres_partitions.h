/* SPDX-License-Identifier: Apache-2.0
 *
 * Raw rows in PostgreSQL lie in monthly partitions, UTC: made when the first event of a month
 * comes, dropped as a whole, which costs nothing, when all of the month is past the retention.
 */
#ifndef ECS_STORE_POSTGRES_PARTITIONS_H
#define ECS_STORE_POSTGRES_PARTITIONS_H

#include "store/internal.h"
#include "store/sql.h"

enum { PARTITIONS_KNOWN_MAX = 128 };

/* The months that this handle has seen a partition for, so that it asks only once for each. */
struct partitions {
    struct {
        enum event_table table;
        int month; /* months since year 0 */
    } known[PARTITIONS_KNOWN_MAX];
    size_t count;
};

MUST_CHECK enum status partitions_make(struct partitions *partitions, struct sql *sql,
                                       enum event_table table, const struct sql_column *times,
                                       size_t count);
void partitions_forget(struct partitions *partitions);
/* Drops the oldest month, if it ends at or before that moment; more are `held_back`. */
MUST_CHECK enum status partitions_drop(struct sql *sql, enum event_table table, int64_t before_us,
                                       int64_t *dropped, bool *held_back);

#endif
