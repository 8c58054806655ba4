/* SPDX-License-Identifier: Apache-2.0
 *
 * People: registration and profile.
 */
#include <stdio.h>

#include "auth/password.h"
#include "roles/lost_commit.h"
#include "roles/rates.h"
#include "roles/user_credit.h"
#include "store/offers.h"
#include "store/people.h"
#include "wire/user_json.h"

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
    struct field_errors errors;
    struct user user;
    char reason[REASON_MAX + 1];
    enum status status =
        user_registration_decode(exchange->request.body, &credentials, &errors, reason);
    if (status != STATUS_OK) {
        answer_refused(response, status, &errors, reason);
        return;
    }
    if (!rate_pass(context, "registrations", exchange->request.remote_address,
                   context->settings->registrations_per_second_max)) {
        answer_limited(response, "Too many registrations.", SECOND_US);
        return;
    }
    status = user_make(context, &credentials, &user);
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
