/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people, their refresh tokens, sessions that were ended, and logins that failed; and
 * those who were deleted, while their dead letters are looked for.
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

static enum status refresh_insert(struct sql *sql, const struct refresh_token *token)
{
    return sql_do(sql,
                  "INSERT INTO refresh_tokens (user_id, token, family, expires_at, place)"
                  " VALUES ($1, $2, $3, $4, $5)",
                  NULL, sql_uuid(&token->user_id), sql_hash(&token->token),
                  sql_uuid(&token->family), sql_time(token->expires_at_us),
                  sql_hash(&token->place));
}

enum status store_refresh_create(struct store *store, const struct refresh_token *token)
{
    enum status status = sql_begin(store->sql);
    if (status == STATUS_OK)
        status = refresh_insert(store->sql, token);
    return sql_finish(store->sql, status);
}

/* Whose token it is, and then the person's lock: a family that is being ended must not be born
 * further at the same time. */
static enum status refresh_lock(struct store *store, const struct hash *token,
                                struct refresh_token *next)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(
        sql, "SELECT user_id, family, place FROM refresh_tokens WHERE token = $1", sql_hash(token));
    if (status != STATUS_OK)
        return status;
    next->user_id = sql_row_uuid(sql);
    next->family = sql_row_uuid(sql);
    next->place = sql_row_hash(sql);
    return sql_do(sql, store->dialect->person_lock, NULL, sql_uuid(&next->user_id));
}

/* NOT_FOUND if the token has expired or was used; used ones end their family. */
static enum status refresh_use(struct sql *sql, const struct hash *token,
                               const struct refresh_token *next, int64_t now_us)
{
    enum status status = sql_one(sql,
                                 "UPDATE refresh_tokens SET used_at = $2 WHERE token = $1"
                                 " AND used_at IS NULL AND expires_at > $2 RETURNING user_id",
                                 sql_hash(token), sql_time(now_us));
    if (status != STATUS_NOT_FOUND)
        return status;
    status = sql_do(sql,
                    "DELETE FROM refresh_tokens WHERE user_id = $1 AND family = $2"
                    " AND EXISTS (SELECT 1 FROM refresh_tokens"
                    " WHERE token = $3 AND used_at IS NOT NULL)",
                    NULL, sql_uuid(&next->user_id), sql_uuid(&next->family), sql_hash(token));
    return status == STATUS_OK ? STATUS_NOT_FOUND : status;
}

enum status store_refresh_rotate(struct store *store, const struct hash *old,
                                 struct refresh_token *next, int64_t now_us)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = refresh_lock(store, old, next);
    if (status == STATUS_OK)
        status = refresh_use(sql, old, next, now_us);
    if (status == STATUS_OK)
        status = refresh_insert(sql, next);
    /* Under the person's lock: a logout at the same time comes before or after. */
    if (status == STATUS_OK)
        status = sql_one_number(sql, "SELECT generation FROM users WHERE id = $1",
                                &next->generation, sql_uuid(&next->user_id));
    if (status != STATUS_NOT_FOUND)
        return sql_finish(sql, status);
    /* What was deleted must stay so. */
    status = sql_finish(sql, STATUS_OK);
    return status == STATUS_OK ? STATUS_UNAUTHENTICATED : status;
}

enum status store_sessions_end(struct store *store, const struct uuid *user_id, int64_t *generation)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    /* This locks the person too. */
    if (status == STATUS_OK)
        status =
            sql_one_number(sql, store->dialect->generation_begin, generation, sql_uuid(user_id));
    if (status == STATUS_OK)
        status =
            sql_do(sql, "DELETE FROM refresh_tokens WHERE user_id = $1", NULL, sql_uuid(user_id));
    return sql_finish(sql, status);
}

enum status store_revocations_mark(struct store *store, int64_t *mark)
{
    return sql_one_number_values(store->sql, store->dialect->revocations_mark, NULL, 0, mark);
}

enum status store_revocations_read(struct store *store, const struct revocation *after,
                                   struct revocation out[], size_t max, size_t *count)
{
    struct sql *sql = store->sql;
    *count = 0;
    enum status status =
        sql_start(sql,
                  "SELECT id, generation, generation_change FROM users"
                  " WHERE generation_change IS NOT NULL AND (generation_change, id) > ($1, $2)"
                  " ORDER BY generation_change, id LIMIT $3",
                  sql_integer(after->change), sql_uuid(&after->user_id), sql_integer((int64_t)max));
    while (sql_row(sql, &status)) {
        struct revocation *revocation = &out[(*count)++];
        assert(*count <= max);
        revocation->user_id = sql_row_uuid(sql);
        revocation->generation = sql_row_integer(sql);
        revocation->change = sql_row_integer(sql);
    }
    return sql_rows_end(sql, status);
}

enum status store_attempts_read(struct store *store, const struct uuid *account,
                                const struct hash *place, int64_t now_us, struct attempts *attempts)
{
    struct sql *sql = store->sql;
    enum status status =
        sql_one(sql, store->dialect->attempts_read, sql_uuid(account), sql_hash(place),
                sql_time(now_us), sql_integer(FAILED_LOGIN_LIFE_US));
    if (status != STATUS_OK)
        return status;
    attempts->familiar = sql_row_boolean(sql);
    attempts->failures = sql_row_integer(sql);
    attempts->age_us = sql_row_integer(sql);
    sql_end(sql);
    return STATUS_OK;
}

enum status store_attempts_fail(struct store *store, const struct uuid *account,
                                struct attempts *attempts)
{
    struct sql *sql = store->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_one_number(sql, store->dialect->attempts_fail, &attempts->failures,
                                sql_uuid(account), sql_boolean(attempts->familiar),
                                sql_integer(FAILED_LOGIN_LIFE_US));
    return sql_finish(sql, status);
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
