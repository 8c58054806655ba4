/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: people, their refresh tokens, and access tokens that were revoked.
 */
#include "adapters/store_sql.h"

#define USER_COLUMNS "id, email, password_hash, created_at, updated_at"

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
    sql_end(sql);
    return STATUS_OK;
}

enum status store_sql_user_by_email(struct store *store, const char *email, struct user *user)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status =
        sql_one(sql, "SELECT " USER_COLUMNS " FROM users WHERE email = $1", sql_text(email));
    return user_take(sql, status, user);
}

enum status store_sql_user_by_id(struct store *store, const struct uuid *id, struct user *user)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status =
        sql_one(sql, "SELECT " USER_COLUMNS " FROM users WHERE id = $1", sql_uuid(id));
    return user_take(sql, status, user);
}

static enum status refresh_insert(struct sql *sql, const struct refresh_token *token)
{
    return sql_do(sql,
                  "INSERT INTO refresh_tokens (user_id, token, family, expires_at)"
                  " VALUES ($1, $2, $3, $4)",
                  NULL, sql_uuid(&token->user_id), sql_hash(&token->token),
                  sql_uuid(&token->family), sql_time(token->expires_at_us));
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
    enum status status = sql_one(sql, "SELECT user_id, family FROM refresh_tokens WHERE token = $1",
                                 sql_hash(token));
    if (status != STATUS_OK)
        return status;
    next->user_id = row_uuid(sql);
    next->family = row_uuid(sql);
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
    if (status != STATUS_NOT_FOUND)
        return sql_finish(sql, status);
    /* What was deleted must stay so. */
    status = sql_finish(sql, STATUS_OK);
    return status == STATUS_OK ? STATUS_UNAUTHENTICATED : status;
}

enum status store_sql_refresh_end(struct store *store, const struct uuid *user_id)
{
    struct store_sql *self = store_sql_of(store);
    struct sql *sql = self->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(sql, self->dialect->person_lock, NULL, sql_uuid(user_id));
    if (status == STATUS_OK)
        status =
            sql_do(sql, "DELETE FROM refresh_tokens WHERE user_id = $1", NULL, sql_uuid(user_id));
    return sql_finish(sql, status);
}

enum status store_sql_revocation_add(struct store *store, const struct revocation *revocation)
{
    struct sql *sql = store_sql_of(store)->sql;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = sql_do(sql,
                        "INSERT INTO revocations (token_id, revoked_at, expires_at)"
                        " VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                        NULL, sql_uuid(&revocation->token_id), sql_time(revocation->revoked_at_us),
                        sql_time(revocation->expires_at_us));
    return sql_finish(sql, status);
}

enum status store_sql_revocations_since(struct store *store, int64_t since_us,
                                        struct revocation out[], size_t max, size_t *count)
{
    struct sql *sql = store_sql_of(store)->sql;
    *count = 0;
    enum status status = sql_start(sql,
                                   "SELECT token_id, revoked_at, expires_at FROM revocations"
                                   " WHERE revoked_at >= $1 ORDER BY revoked_at LIMIT $2",
                                   sql_time(since_us), sql_integer((int64_t)max));
    while (status == STATUS_OK && (status = sql_next(sql)) == STATUS_OK) {
        struct revocation *revocation = &out[(*count)++];
        revocation->token_id = row_uuid(sql);
        revocation->revoked_at_us = row_time_us(sql);
        revocation->expires_at_us = row_time_us(sql);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
