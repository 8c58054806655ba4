/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: sessions that were ended, and logins that failed.
 */
#include "store/store_sql.h"

enum status store_sql_sessions_end(struct store *store, const struct uuid *user_id,
                                   int64_t *generation)
{
    struct store_sql *self = store_sql_of(store);
    struct sql *sql = self->sql;
    enum status status = sql_begin(sql);
    /* This locks the person too. */
    if (status == STATUS_OK)
        status = sql_one(sql, self->dialect->generation_begin, sql_uuid(user_id));
    if (status == STATUS_OK) {
        *generation = row_integer(sql);
        sql_end(sql);
        status =
            sql_do(sql, "DELETE FROM refresh_tokens WHERE user_id = $1", NULL, sql_uuid(user_id));
    }
    return sql_finish(sql, status);
}

enum status store_sql_revocations_mark(struct store *store, int64_t *mark)
{
    struct store_sql *self = store_sql_of(store);
    enum status status = sql_one_values(self->sql, self->dialect->revocations_mark, NULL, 0);
    if (status != STATUS_OK)
        return status;
    *mark = row_integer(self->sql);
    sql_end(self->sql);
    return STATUS_OK;
}

enum status store_sql_revocations_read(struct store *store, const struct revocation *after,
                                       struct revocation out[], size_t max, size_t *count)
{
    struct sql *sql = store_sql_of(store)->sql;
    *count = 0;
    enum status status =
        sql_start(sql,
                  "SELECT id, generation, generation_change FROM users"
                  " WHERE generation_change IS NOT NULL AND (generation_change, id) > ($1, $2)"
                  " ORDER BY generation_change, id LIMIT $3",
                  sql_integer(after->change), sql_uuid(&after->user_id), sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct revocation *revocation = &out[(*count)++];
        revocation->user_id = row_uuid(sql);
        revocation->generation = row_integer(sql);
        revocation->change = row_integer(sql);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status store_sql_attempts_read(struct store *store, const struct uuid *account,
                                    const struct hash *place, int64_t now_us,
                                    struct attempts *attempts)
{
    struct store_sql *self = store_sql_of(store);
    struct sql *sql = self->sql;
    enum status status =
        sql_one(sql, self->dialect->attempts_read, sql_uuid(account), sql_hash(place),
                sql_time(now_us), sql_integer(FAILED_LOGIN_LIFE_US));
    if (status != STATUS_OK)
        return status;
    attempts->familiar = row_boolean(sql);
    attempts->failures = row_integer(sql);
    attempts->age_us = row_integer(sql);
    sql_end(sql);
    return STATUS_OK;
}

enum status store_sql_attempts_fail(struct store *store, const struct uuid *account,
                                    struct attempts *attempts)
{
    struct store_sql *self = store_sql_of(store);
    struct sql *sql = self->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_one(sql, self->dialect->attempts_fail, sql_uuid(account),
                         sql_boolean(attempts->familiar), sql_integer(FAILED_LOGIN_LIFE_US));
    if (status == STATUS_OK) {
        attempts->failures = row_integer(sql);
        sql_end(sql);
    }
    return sql_finish(sql, status);
}
