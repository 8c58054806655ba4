/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: refresh tokens, sessions that were ended, and logins that failed.
 */
#include "store/sessions.h"

#include <assert.h>

#include "store/internal.h"

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

/* Read under the person's lock: a logout at the same time comes before or after. */
static enum status generation_read(struct sql *sql, struct refresh_token *token)
{
    return sql_number(sql, "SELECT generation FROM users WHERE id = $1", &token->generation,
                      sql_uuid(&token->user_id));
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
    if (status == STATUS_OK)
        status = generation_read(sql, next);
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
        status = sql_number(sql, store->dialect->generation_begin, generation, sql_uuid(user_id));
    if (status == STATUS_OK)
        status =
            sql_do(sql, "DELETE FROM refresh_tokens WHERE user_id = $1", NULL, sql_uuid(user_id));
    return sql_finish(sql, status);
}

enum status store_revocations_mark(struct store *store, int64_t *mark)
{
    return sql_number_values(store->sql, store->dialect->revocations_mark, NULL, 0, mark);
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
        status =
            sql_number(sql, store->dialect->attempts_fail, &attempts->failures, sql_uuid(account),
                       sql_boolean(attempts->familiar), sql_integer(FAILED_LOGIN_LIFE_US));
    return sql_finish(sql, status);
}
