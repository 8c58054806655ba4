/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people, and those who were deleted, while their dead letters are looked for.
 */
#include "store/people.h"

#include <assert.h>

#include "store/internal.h"

#define USER_COLUMNS "id, email, password_hash, created_at, updated_at"
#define USER_SELECT "SELECT " USER_COLUMNS ", generation FROM users"

enum status store_user_create(struct store *store, const struct user *user)
{
    return sql_alone(store->sql, "INSERT INTO users (" USER_COLUMNS ") VALUES ($1, $2, $3, $4, $5)",
                     NULL, sql_uuid(&user->id), sql_text(user->email),
                     sql_text(user->password_hash), sql_time(user->created_at_us),
                     sql_time(user->updated_at_us));
}

static enum status user_take(struct sql *sql, enum status status, struct user *user)
{
    if (status != STATUS_OK)
        return status;
    user->id = sql_row_uuid(sql);
    sql_row_text(sql, user->email, sizeof user->email);
    sql_row_text(sql, user->password_hash, sizeof user->password_hash);
    user->created_at_us = sql_row_time_us(sql);
    user->updated_at_us = sql_row_time_us(sql);
    user->generation = sql_row_integer(sql);
    sql_end(sql);
    return STATUS_OK;
}

enum status store_user_by_email(struct store *store, const char *email, struct user *user)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(sql, USER_SELECT " WHERE email = $1", sql_text(email));
    return user_take(sql, status, user);
}

enum status store_user_by_id(struct store *store, const struct uuid *id, struct user *user)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(sql, USER_SELECT " WHERE id = $1", sql_uuid(id));
    return user_take(sql, status, user);
}

enum status store_user_password_renew(struct store *store, const struct user *user,
                                      const char *password_hash)
{
    return sql_alone(
        store->sql, "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        NULL, sql_uuid(&user->id), sql_text(user->password_hash), sql_text(password_hash));
}

/* Nothing that a stream held when somebody left can be refused after that. */
static const int64_t followed_us = BUS_STREAM_AGE_US + DAY_US;

enum status store_gone_people(struct store *store, int64_t now_us, struct gone_person out[],
                              size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    bool old = false;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT user_id, gone_at, letters_to FROM gone_people"
                                   " ORDER BY letters_to, user_id LIMIT $1",
                                   sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        struct gone_person *person = &out[(*count)++];
        assert(*count <= max);
        person->user_id = sql_row_uuid(sql);
        old = sql_row_time_us(sql) < now_us - followed_us || old;
        person->letters_to = sql_row_integer(sql);
    }
    status = sql_rows_end(sql, status);
    return status == STATUS_OK && old ? sql_alone(sql, "DELETE FROM gone_people WHERE gone_at < $1",
                                                  NULL, sql_time(now_us - followed_us))
                                      : status;
}

enum status store_gone_seen(struct store *store, const struct gone_person people[], size_t count,
                            int64_t letters_to)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = sql_do(sql,
                        "UPDATE gone_people SET letters_to = $2"
                        " WHERE user_id = $1 AND letters_to < $2",
                        NULL, sql_uuid(&people[i].user_id), sql_integer(letters_to));
    return sql_finish(sql, status);
}
