/* SPDX-License-Identifier: Apache-2.0
 *
 * People and their sessions: registration, profile, logging in and out. A session is a short-lived
 * access token, and a refresh token that is used once, for the next pair.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>

#include "auth/password.h"
#include "auth/seal.h"
#include "process/log.h"
#include "roles/rates.h"
#include "roles/user_credit.h"
#include "store/offers.h"
#include "store/people.h"
#include "wire/user_json.h"

enum { LOST_COMMITS_MAX = 4 };

/* What repeated attempts at one request wanted to make when their COMMIT was not confirmed, oldest
 * first: each may stand or not. Whoever sends the request again finds it, and gets what stands
 * instead of a refusal. Kept in the cache, so that any process may be asked, for
 * LOST_COMMIT_LIFE_US; sealed, so that whoever can write to the cache cannot make one. A cache that
 * forgets costs a new login, nothing else. */
struct lost_commit {
    struct hash request; /* sealed: tells nothing of the request */
    struct hash made[LOST_COMMITS_MAX];
    size_t count;
};

enum { KEY_SIZE = HASH_TEXT_SIZE + 8, VALUE_MAX = (LOST_COMMITS_MAX + 1) * HASH_SIZE };

static void key_of(const struct lost_commit *lost, char key[KEY_SIZE])
{
    char text[HASH_TEXT_SIZE];
    hash_format(&lost->request, text);
    snprintf(key, KEY_SIZE, "lost:%s", text);
}

/* Of the request too: what was made for another is worth nothing. */
static void parts_of(const struct lost_commit *lost, struct slice parts[2])
{
    parts[0] = (struct slice){(const char *)lost->request.bytes, HASH_SIZE};
    parts[1] = (struct slice){(const char *)lost->made, lost->count * HASH_SIZE};
}

/* What is known of a request, which `request` tells from all others; count 0: nothing. */
static struct lost_commit lost_commit_find(struct role_context *context, struct slice request)
{
    const struct token_keys *keys = context->settings->tokens;
    struct lost_commit lost = {.request = seal_make(keys, SEAL_LOST_COMMIT, &request, 1)};
    char key[KEY_SIZE];
    struct slice parts[2];
    struct hash tag;
    struct buf value;
    buf_init(&value, VALUE_MAX);
    key_of(&lost, key);
    if (cache_get(context->cache, key, &value) == STATUS_OK && !value.overflowed &&
        value.size >= 2 * HASH_SIZE && value.size % HASH_SIZE == 0) {
        memcpy(tag.bytes, value.data, HASH_SIZE);
        lost.count = value.size / HASH_SIZE - 1;
        assert(lost.count >= 1 && lost.count <= LOST_COMMITS_MAX);
        memcpy(lost.made, value.data + HASH_SIZE, lost.count * HASH_SIZE);
        parts_of(&lost, parts);
        if (!seal_holds(keys, SEAL_LOST_COMMIT, parts, 2, &tag))
            lost.count = 0;
    }
    buf_free(&value);
    return lost;
}

/* One more COMMIT was not confirmed. The oldest makes room. */
static void lost_commit_add(struct role_context *context, struct lost_commit *lost,
                            const struct hash *made)
{
    char key[KEY_SIZE], value[VALUE_MAX];
    struct slice parts[2];
    if (lost->count == LOST_COMMITS_MAX)
        memmove(lost->made, lost->made + 1, --lost->count * sizeof lost->made[0]);
    lost->made[lost->count++] = *made;
    assert(lost->count >= 1 && lost->count <= LOST_COMMITS_MAX);
    parts_of(lost, parts);
    struct hash tag = seal_make(context->settings->tokens, SEAL_LOST_COMMIT, parts, 2);
    memcpy(value, tag.bytes, HASH_SIZE);
    memcpy(value + HASH_SIZE, parts[1].data, parts[1].size);
    key_of(lost, key);
    if (cache_set(context->cache, key, (struct slice){value, HASH_SIZE + parts[1].size},
                  LOST_COMMIT_LIFE_US) != STATUS_OK)
        log_warn("a commit that was not confirmed cannot be kept for its repetition",
                 LOG_TEXT("cache", context->cache->ops->name));
}

static enum status user_make(struct role_context *context, const struct credentials *credentials,
                             struct user *user)
{
    int64_t now_us = clock_now_us(context->clock);
    *user = (struct user){.id = entropy_uuid(context->entropy, now_us),
                          .created_at_us = now_us,
                          .updated_at_us = now_us};
    snprintf(user->email, sizeof user->email, "%s", credentials->email);
    return password_hash(slice_of(credentials->password), user->password_hash);
}

/* Creates the person and answers. The one who repeats a registration whose COMMIT was not
 * confirmed, or whose answer found no memory, gets the person that it made, if it did; for that it
 * must have the same password. */
static enum status user_create(struct role_context *context, const struct credentials *credentials,
                               struct user *user, struct buf *answer)
{
    struct lost_commit lost = lost_commit_find(context, slice_of(credentials->email));
    struct hash id;
    if (lost.count > 0)
        memcpy(user->id.bytes, lost.made[lost.count - 1].bytes, HASH_SIZE);
    memcpy(id.bytes, user->id.bytes, HASH_SIZE);
    enum status status = store_user_create(context->store, user);
    if (status == STATUS_OK)
        user_encode(user, answer);
    if (status == STATUS_UNAVAILABLE || answer->overflowed)
        lost_commit_add(context, &lost, &id);
    if (status != STATUS_CONFLICT || lost.count == 0)
        return status;
    status = store_user_by_email(context->store, credentials->email, user);
    bool same = status == STATUS_OK && memcmp(user->id.bytes, id.bytes, HASH_SIZE) == 0 &&
                password_verify(slice_of(credentials->password), user->password_hash);
    if (same)
        user_encode(user, answer);
    return same || status == STATUS_UNAVAILABLE ? status : STATUS_CONFLICT;
}

void user_credit_register(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct credentials credentials;
    struct refusal refusal;
    struct user user;
    if (user_credentials_decode(exchange->request.body, true, &credentials, &refusal) !=
        STATUS_OK) {
        answer_refused(response, &refusal);
        return;
    }
    if (!rate_pass(context, "registrations", exchange->request.remote_address,
                   context->settings->registrations_per_second_max)) {
        answer_limited(response, "Too many registrations.", SECOND_US);
        return;
    }
    enum status status = user_make(context, &credentials, &user);
    if (status == STATUS_OK)
        status = user_create(context, &credentials, &user, &response->body);
    if (status == STATUS_CONFLICT)
        response_error(response, status, "Email already registered.");
    else if (status != STATUS_OK)
        answer_failed(response, status, "");
}

void user_credit_account(struct role_context *context, struct exchange *exchange)
{
    const struct uuid *user_id = &exchange->request.principal.user_id;
    struct user user;
    struct offer line;
    enum status status = store_user_by_id(context->store, user_id, &user);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "User not found.");
        return;
    }
    status = store_line_read(context->store, user_id, &line);
    if (status == STATUS_OK || status == STATUS_NOT_FOUND)
        user_profile_encode(&user, status == STATUS_OK ? &line : NULL, &exchange->response.body);
    else
        answer_failed(&exchange->response, status, "");
}

enum { REFRESH_BYTES = 32, REFRESH_TEXT_SIZE = 2 * REFRESH_BYTES + 1 };

static struct hash token_hash(const char *token)
{
    return hash_of((const struct slice[]){slice_of(token)}, 1);
}

/* A new refresh token; the store keeps its hash alone. */
static void refresh_make(struct role_context *context, int64_t now_us, struct refresh_token *token,
                         char text[REFRESH_TEXT_SIZE])
{
    uint8_t bytes[REFRESH_BYTES];
    entropy_fill(context->entropy, bytes, sizeof bytes);
    sodium_bin2hex(text, REFRESH_TEXT_SIZE, bytes, sizeof bytes);
    *token = (struct refresh_token){
        .token = token_hash(text),
        .expires_at_us = now_us + context->settings->refresh_token_life_us,
    };
}

/* The access token is of `generation`, and the answer holds it with the refresh token. */
static enum status session_answer(struct role_context *context, const struct user *user,
                                  int64_t generation, int64_t now_us, const char *refresh_token,
                                  struct buf *json)
{
    const struct role_settings *settings = context->settings;
    char access_token[TOKEN_MAX + 1];
    struct principal principal = {
        .user_id = user->id,
        .token_id = entropy_uuid(context->entropy, now_us),
        .token_expires_at_us = now_us + settings->access_token_life_us,
        .token_generation = generation,
    };
    snprintf(principal.email, sizeof principal.email, "%s", user->email);
    enum status status = token_sign(settings->tokens, &principal, now_us, access_token);
    if (status == STATUS_OK)
        user_session_encode(access_token, settings->access_token_life_us, refresh_token, json);
    return status;
}

static enum status session_begin(struct role_context *context, const struct user *user,
                                 const struct hash *place, struct buf *json)
{
    int64_t now_us = clock_now_us(context->clock);
    char text[REFRESH_TEXT_SIZE];
    struct refresh_token token;
    refresh_make(context, now_us, &token, text);
    token.user_id = user->id;
    token.family = entropy_uuid(context->entropy, now_us);
    token.place = *place;
    enum status status = store_refresh_create(context->store, &token);
    return status == STATUS_OK ? session_answer(context, user, user->generation, now_us, text, json)
                               : status;
}

/* Whose wrong passwords are counted. An address that nobody has shares one of a fixed number of
 * accounts with others like it: what is asked and written is the same, and so is the time it
 * takes, yet invented addresses fill nothing. */
static struct uuid account_of(struct role_context *context, const char *email, bool known,
                              const struct user *user)
{
    if (known)
        return user->id;
    struct hash hash = seal_make(context->settings->tokens, SEAL_NOBODY,
                                 (const struct slice[]){slice_of(email)}, 1);
    uint32_t number;
    memcpy(&number, hash.bytes, sizeof number);
    number %= NOBODY_ACCOUNTS;
    struct uuid account = {{0}};
    memcpy(account.bytes, &number, sizeof number);
    return account;
}

/* Where a login comes from, in a form that says nothing to who reads it. */
static struct hash place_of(struct role_context *context, const struct uuid *account,
                            struct slice address)
{
    struct slice person = {(const char *)account->bytes, sizeof account->bytes};
    return seal_make(context->settings->tokens, SEAL_PLACE, (const struct slice[]){person, address},
                     2);
}

/* A wrong password is counted; UNAUTHENTICATED. TOO_MANY_REQUESTS if the account's failures that
 * came at the same time were too many already, however many are tried at once. */
static enum status attempt_failed(struct role_context *context, const struct uuid *account,
                                  struct attempts attempts)
{
    int64_t before = attempts.failures;
    enum status status = store_attempts_fail(context->store, account, &attempts);
    if (status != STATUS_OK)
        return status;
    bool alone = attempts.failures <= before + 1;
    return alone || attempts.failures <= context->settings->failed_logins_max
               ? STATUS_UNAUTHENTICATED
               : STATUS_TOO_MANY_REQUESTS;
}

/* Takes as long whether or not there is such a person. TOO_MANY_REQUESTS: `wait_us` is to pass. */
static enum status credentials_check(struct role_context *context, struct slice address,
                                     const struct credentials *credentials, struct user *user,
                                     struct hash *place, int64_t *wait_us)
{
    struct slice password = slice_of(credentials->password);
    struct attempts attempts;
    enum status status = store_user_by_email(context->store, credentials->email, user);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    bool known = status == STATUS_OK;
    struct uuid account = account_of(context, credentials->email, known, user);
    *place = place_of(context, &account, address);
    status = store_attempts_read(context->store, &account, place, clock_now_us(context->clock),
                                 &attempts);
    if (status != STATUS_OK)
        return status;
    *wait_us = attempts_wait_us(&attempts, context->settings->failed_logins_max);
    if (*wait_us > 0)
        return STATUS_TOO_MANY_REQUESTS;
    *wait_us = FAILED_LOGIN_WAIT_US;
    if (known ? password_verify(password, user->password_hash) : password_verify_nobody(password))
        return STATUS_OK;
    return attempt_failed(context, &account, attempts);
}

/* A hash of the old system is replaced once its password is known. If that fails, the next login
 * tries it again. */
static void password_renew(struct role_context *context, const struct user *user,
                           const char *password)
{
    char hash[PASSWORD_HASH_MAX + 1];
    if (!password_is_outdated(user->password_hash))
        return;
    enum status status = password_hash(slice_of(password), hash);
    if (status == STATUS_OK)
        status = store_user_password_renew(context->store, user, hash);
    if (status != STATUS_OK)
        log_warn("a password's hash is not renewed", LOG_TEXT("status", status_name(status)));
}

void user_credit_login(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct slice address = exchange->request.remote_address;
    struct credentials credentials;
    struct refusal refusal;
    struct user user;
    struct hash place;
    int64_t wait_us = 0;
    if (user_credentials_decode(exchange->request.body, false, &credentials, &refusal) !=
        STATUS_OK) {
        answer_refused(response, &refusal);
        return;
    }
    if (!rate_pass(context, "logins", address, context->settings->logins_per_second_max)) {
        answer_limited(response, "Too many logins.", SECOND_US);
        return;
    }
    enum status status = credentials_check(context, address, &credentials, &user, &place, &wait_us);
    if (status == STATUS_OK) {
        password_renew(context, &user, credentials.password);
        status = session_begin(context, &user, &place, &response->body);
    }
    if (status == STATUS_UNAUTHENTICATED)
        response_error(response, status, "Invalid credentials.");
    else if (status == STATUS_TOO_MANY_REQUESTS)
        answer_limited(response, "Too many failed logins.", wait_us);
    else if (status != STATUS_OK)
        answer_failed(response, status, "");
}

/* The token that is presented for `old`, last of all itself: those that lost COMMITs may have made
 * from it were never given out, so whoever has `old` is who would have got them. */
static enum status refresh_rotate(struct role_context *context, const struct hash *old,
                                  struct refresh_token *next, int64_t now_us)
{
    struct lost_commit lost =
        lost_commit_find(context, (struct slice){(const char *)old->bytes, HASH_SIZE});
    enum status status = STATUS_UNAUTHENTICATED;
    for (size_t i = lost.count; i > 0 && status == STATUS_UNAUTHENTICATED; i--)
        status = store_refresh_rotate(context->store, &lost.made[i - 1], next, now_us);
    if (status == STATUS_UNAUTHENTICATED)
        status = store_refresh_rotate(context->store, old, next, now_us);
    if (status == STATUS_UNAVAILABLE)
        lost_commit_add(context, &lost, &next->token);
    return status;
}

void user_credit_refresh(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    char old[REFRESH_TOKEN_MAX + 1], text[REFRESH_TEXT_SIZE];
    struct refusal refusal;
    struct refresh_token next;
    struct user user;
    if (user_refresh_decode(exchange->request.body, old, &refusal) != STATUS_OK) {
        answer_refused(response, &refusal);
        return;
    }
    int64_t now_us = clock_now_us(context->clock);
    struct hash old_hash = token_hash(old);
    refresh_make(context, now_us, &next, text);
    enum status status = refresh_rotate(context, &old_hash, &next, now_us);
    if (status == STATUS_OK)
        status = store_user_by_id(context->store, &next.user_id, &user);
    if (status == STATUS_OK)
        status = session_answer(context, &user, next.generation, now_us, text, &response->body);
    if (status == STATUS_UNAUTHENTICATED || status == STATUS_NOT_FOUND)
        response_error(response, STATUS_UNAUTHENTICATED, "Invalid or expired refresh token.");
    else if (status != STATUS_OK)
        answer_failed(response, status, "");
}

void user_credit_logout(struct role_context *context, struct exchange *exchange)
{
    const struct principal *principal = &exchange->request.principal;
    int64_t generation;
    enum status status = store_sessions_end(context->store, &principal->user_id, &generation);
    if (status == STATUS_OK)
        status = revocations_add(context->revocations, &principal->user_id, generation);
    if (status == STATUS_OK)
        answer_done(&exchange->response, "logged out");
    else
        answer_failed(&exchange->response, status, "");
}
