/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people and their refresh tokens.
 */
#include "store/store_sql.h"

#define USER_COLUMNS "id, email, password_hash, created_at, updated_at"
#define USER_SELECT "SELECT " USER_COLUMNS ", generation FROM users"

enum status store_sql_user_create(struct store *store, const struct user *user)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status =
            sql_do(sql, "INSERT INTO users (" USER_COLUMNS ") VALUES ($1, $2, $3, $4, $5)", NULL,
                   sql_uuid(&user->id), sql_text(user->email), sql_text(user->password_hash),
                   sql_time(user->created_at_us), sql_time(user->updated_at_us));
    return sql_finish(sql, status);
}

static enum status user_take(struct sql *sql, enum status status, struct user *user)
{
    if (status != STATUS_OK)
        return status;
    user->id = row_uuid(sql);
    row_text(sql, user->email, sizeof user->email);
    row_text(sql, user->password_hash, sizeof user->password_hash);
    user->created_at_us = row_time_us(sql);
    user->updated_at_us = row_time_us(sql);
    user->generation = row_integer(sql);
    sql_end(sql);
    return STATUS_OK;
}

enum status store_sql_user_by_email(struct store *store, const char *email, struct user *user)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_one(sql, USER_SELECT " WHERE email = $1", sql_text(email));
    return user_take(sql, status, user);
}

enum status store_sql_user_by_id(struct store *store, const struct uuid *id, struct user *user)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_one(sql, USER_SELECT " WHERE id = $1", sql_uuid(id));
    return user_take(sql, status, user);
}

enum status store_sql_user_password_renew(struct store *store, const struct user *user,
                                          const char *password_hash)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(
            sql, "UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", NULL,
            sql_uuid(&user->id), sql_text(user->password_hash), sql_text(password_hash));
    return sql_finish(sql, status);
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

enum status store_sql_refresh_create(struct store *store, const struct refresh_token *token)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = refresh_insert(sql, token);
    return sql_finish(sql, status);
}

/* Whose token it is, and then the person's lock: a family that is being ended must not be born
 * further at the same time. */
static enum status refresh_lock(struct store_sql *store, const struct hash *token,
                                struct refresh_token *next)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(
        sql, "SELECT user_id, family, place FROM refresh_tokens WHERE token = $1", sql_hash(token));
    if (status != STATUS_OK)
        return status;
    next->user_id = row_uuid(sql);
    next->family = row_uuid(sql);
    next->place = row_hash(sql);
    return sql_do(sql, store->dialect->person_lock, NULL, sql_uuid(&next->user_id));
}

/* Read under the person's lock: a logout at the same time comes before or after. */
static enum status generation_read(struct sql *sql, struct refresh_token *token)
{
    enum status status =
        sql_one(sql, "SELECT generation FROM users WHERE id = $1", sql_uuid(&token->user_id));
    if (status != STATUS_OK)
        return status;
    token->generation = row_integer(sql);
    sql_end(sql);
    return STATUS_OK;
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

enum status store_sql_refresh_rotate(struct store *store, const struct hash *old,
                                     struct refresh_token *next, int64_t now_us)
{
    struct store_sql *self = store_sql_of(store);
    struct sql *sql = self->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = refresh_lock(self, old, next);
    if (status == STATUS_OK)
        status = refresh_use(sql, old, next, now_us);
    if (status == STATUS_OK)
        status = refresh_insert(sql, next);
    if (status == STATUS_OK)
        status = generation_read(sql, next);
    if (status != STATUS_NOT_FOUND)
        return sql_finish(sql, status);
    /* What was deleted must stay so. */
    status = sql_finish(sql, STATUS_OK);
    return status == STATUS_OK ? STATUS_UNAUTHENTICATED : status;
}
