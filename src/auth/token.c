/* SPDX-License-Identifier: Apache-2.0
 *
 * libjwt signs and checks signatures. It is lenient elsewhere (unknown headers, duplicate members,
 * claims of the wrong type), so what it has verified is read a second time, strictly: exactly what
 * ECS itself issues is accepted. A token that names a key, a certificate or an extension is not.
 */
#include "auth/token.h"

#include <assert.h>
#include <jwt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "process/json_read.h"

enum { PART_MAX = TOKEN_MAX };

enum status token_sign(const struct token_keys *keys, const struct principal *principal,
                       int64_t now_us, char text[TOKEN_MAX + 1])
{
    jwt_t *jwt = NULL;
    char *signed_text = NULL;
    char user_id[UUID_TEXT_SIZE], token_id[UUID_TEXT_SIZE];
    uuid_format(&principal->user_id, user_id);
    uuid_format(&principal->token_id, token_id);
    assert(keys->count >= 1 && keys->count <= TOKEN_KEYS_MAX);
    if (jwt_new(&jwt) != 0)
        return STATUS_INTERNAL;
    if (jwt_add_grant(jwt, "sub", user_id) == 0 &&
        jwt_add_grant(jwt, "email", principal->email) == 0 &&
        jwt_add_grant(jwt, "jti", token_id) == 0 && jwt_add_grant(jwt, "iss", TOKEN_ISSUER) == 0 &&
        jwt_add_grant(jwt, "aud", TOKEN_AUDIENCE) == 0 &&
        jwt_add_grant_int(jwt, "iat", now_us / SECOND_US) == 0 &&
        jwt_add_grant_int(jwt, "exp", principal->token_expires_at_us / SECOND_US) == 0 &&
        jwt_add_grant_int(jwt, "gen", principal->token_generation) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)keys->secrets[0],
                    (int)strlen(keys->secrets[0])) == 0)
        signed_text = jwt_encode_str(jwt);
    bool fits = signed_text != NULL && strlen(signed_text) <= TOKEN_MAX;
    if (fits)
        strcpy(text, signed_text);
    free(signed_text);
    jwt_free(jwt);
    return fits ? STATUS_OK : STATUS_INTERNAL;
}

/* Three parts of base64url and nothing else; finds where each ends. */
static bool token_shape(const char *text, size_t ends[3])
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    for (size_t part = 0, at = 0; part < 3; at = ends[part++] + 1) {
        ends[part] = at + strspn(text + at, letters);
        if (ends[part] == at || text[ends[part]] != (part < 2 ? '.' : '\0'))
            return false;
    }
    return true;
}

/* One part as JSON without duplicate members; NULL if it is none. */
static json_t *part_load(const char *text, size_t size)
{
    unsigned char bytes[PART_MAX];
    size_t length;
    if (sodium_base642bin(bytes, sizeof bytes, text, size, NULL, &length, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return NULL;
    json_t *part;
    enum status status =
        json_read((struct slice){(const char *)bytes, length}, JSON_REJECT_DUPLICATES, &part, NULL);
    return status == STATUS_OK ? part : NULL;
}

/* Only what ECS writes: {"alg": "HS256", "typ": "JWT"}; typ may be missing. */
static bool header_valid(const json_t *header)
{
    const json_t *type = json_object_get(header, "typ");
    return json_read_is_text(json_object_get(header, "alg"), "HS256") &&
           (type == NULL || json_read_is_text(type, "JWT")) &&
           json_object_size(header) == (type == NULL ? 1U : 2U);
}

static bool claim_uuid(const json_t *claims, const char *name, struct uuid *uuid)
{
    const json_t *value = json_object_get(claims, name);
    return json_is_string(value) &&
           uuid_parse(json_string_value(value), json_string_length(value), uuid) == STATUS_OK;
}

/* Seconds since 1970 as microseconds. */
static bool claim_time(const json_t *claims, const char *name, int64_t *time_us)
{
    const json_t *value = json_object_get(claims, name);
    json_int_t seconds = json_integer_value(value);
    if (!json_is_integer(value) || seconds < 0 || seconds > INT64_MAX / SECOND_US)
        return false;
    *time_us = seconds * SECOND_US;
    return true;
}

/* exp is exact; the clocks of machines may differ where a token is said not to be valid yet. */
static bool times_valid(const json_t *claims, int64_t now_us, int64_t *expires_at_us)
{
    const int64_t skew_us = MINUTE_US;
    int64_t issued_at_us, not_before_us = 0;
    if (!claim_time(claims, "exp", expires_at_us) || !claim_time(claims, "iat", &issued_at_us))
        return false;
    if (json_object_get(claims, "nbf") != NULL && !claim_time(claims, "nbf", &not_before_us))
        return false;
    return now_us < *expires_at_us && issued_at_us <= now_us + skew_us &&
           not_before_us <= now_us + skew_us;
}

/* A token of before there were generations is of the first one. */
static bool claim_generation(const json_t *claims, int64_t *generation)
{
    const json_t *value = json_object_get(claims, "gen");
    *generation = json_integer_value(value);
    return value == NULL || (json_is_integer(value) && *generation >= 0);
}

static bool claims_read(const json_t *claims, int64_t now_us, struct principal *principal)
{
    const json_t *email = json_object_get(claims, "email");
    if (!json_read_is_text(json_object_get(claims, "iss"), TOKEN_ISSUER) ||
        !json_read_is_text(json_object_get(claims, "aud"), TOKEN_AUDIENCE) ||
        !claim_uuid(claims, "sub", &principal->user_id) ||
        !claim_uuid(claims, "jti", &principal->token_id) ||
        !claim_generation(claims, &principal->token_generation) ||
        !times_valid(claims, now_us, &principal->token_expires_at_us) || !json_is_string(email) ||
        json_string_length(email) > EMAIL_MAX)
        return false;
    memcpy(principal->email, json_string_value(email), json_string_length(email) + 1);
    return true;
}

static bool signature_valid(const struct token_keys *keys, const char *text)
{
    bool valid = false;
    for (size_t i = 0; i < keys->count && !valid; i++) {
        const char *secret = keys->secrets[i];
        jwt_t *jwt = NULL;
        valid = jwt_decode(&jwt, text, (const unsigned char *)secret, (int)strlen(secret)) == 0 &&
                jwt_get_alg(jwt) == JWT_ALG_HS256;
        jwt_free(jwt);
    }
    return valid;
}

enum status token_verify(const struct token_keys *keys, struct slice text, int64_t now_us,
                         struct principal *principal)
{
    char terminated[TOKEN_MAX + 1];
    size_t ends[3];
    if (text.size > TOKEN_MAX)
        return STATUS_UNAUTHENTICATED;
    slice_text(text, terminated, sizeof terminated);
    if (!token_shape(terminated, ends) || ends[2] != text.size)
        return STATUS_UNAUTHENTICATED;
    json_t *header = part_load(text.data, ends[0]);
    bool valid = header_valid(header) && signature_valid(keys, terminated);
    json_decref(header);
    if (!valid)
        return STATUS_UNAUTHENTICATED;
    json_t *claims = part_load(text.data + ends[0] + 1, ends[1] - ends[0] - 1);
    valid = claims_read(claims, now_us, principal);
    json_decref(claims);
    return valid ? STATUS_OK : STATUS_UNAUTHENTICATED;
}
