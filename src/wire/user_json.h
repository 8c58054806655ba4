/* SPDX-License-Identifier: Apache-2.0
 *
 * People and their sessions between bytes and values.
 */
#ifndef ECS_WIRE_USER_JSON_H
#define ECS_WIRE_USER_JSON_H

#include "base/buf.h"
#include "domain/offer.h"
#include "domain/user.h"
#include "wire/fields.h"

enum { PASSWORD_BYTES_MAX = 4 * PASSWORD_MAX, REFRESH_TOKEN_MAX = 128 };

struct credentials {
    char email[EMAIL_MAX + 1]; /* lower case */
    char password[PASSWORD_BYTES_MAX + 1];
};

/* {email, password}: an address, and, if it `is_new`, a password of PASSWORD_MIN to PASSWORD_MAX
 * characters; else one of up to PASSWORD_BYTES_MAX, for what is no password of anybody is a wrong
 * one. */
MUST_CHECK enum status user_credentials_decode(struct slice body, bool is_new,
                                               struct credentials *credentials,
                                               struct refusal *refusal);
/* {refresh_token} */
MUST_CHECK enum status user_refresh_decode(struct slice body, char token[REFRESH_TOKEN_MAX + 1],
                                           struct refusal *refusal);

/* {id, email, created_at, updated_at} */
void user_encode(const struct user *user, struct buf *json);
/* The same and the person's active line; NULL: none. */
void user_profile_encode(const struct user *user, const struct offer *line, struct buf *json);
/* {access_token, token_type, expires_in, refresh_token} */
void user_session_encode(const char *access_token, int64_t life_us, const char *refresh_token,
                         struct buf *json);

#endif
