/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people who were deleted and whose dead letters are looked for.
 */
#include "store/store_sql.h"

/* Nothing that a stream held when somebody left can be refused after that. */
static const int64_t followed_us = BUS_STREAM_AGE_US + DAY_US;

static enum status gone_forget(struct sql *sql, int64_t before_us)
{
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status =
            sql_do(sql, "DELETE FROM gone_people WHERE gone_at < $1", NULL, sql_time(before_us));
    return sql_finish(sql, status);
}

enum status store_sql_gone_people(struct store *store, int64_t now_us, struct gone_person out[],
                                  size_t max, size_t *count)
{
    struct sql *sql = store_sql_of(store)->sql;
    bool old = false;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT user_id, gone_at, letters_to FROM gone_people"
                                   " ORDER BY letters_to, user_id LIMIT $1",
                                   sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct gone_person *person = &out[(*count)++];
        person->user_id = row_uuid(sql);
        old = row_time_us(sql) < now_us - followed_us || old;
        person->letters_to = row_integer(sql);
    }
    sql_end(sql);
    if (status == STATUS_NOT_FOUND && old)
        return gone_forget(sql, now_us - followed_us);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_sql_gone_seen(struct store *store, const struct gone_person people[],
                                size_t count, int64_t letters_to)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = sql_do(sql,
                        "UPDATE gone_people SET letters_to = $2"
                        " WHERE user_id = $1 AND letters_to < $2",
                        NULL, sql_uuid(&people[i].user_id), sql_integer(letters_to));
    return sql_finish(sql, status);
}
