/* SPDX-License-Identifier: Apache-2.0 */
#include "http/authorize.h"

#include <sodium.h>
#include <stdio.h>
#include <strings.h>

static struct hash key_hash(struct slice key)
{
    return hash_of(&key, 1);
}

enum status authority_init(struct authority *authority, const struct http_options *options)
{
    *authority = (struct authority){.tokens = options->tokens, .revocations = options->revocations};
    const struct internal_key *key = options->internal_keys;
    for (; key != NULL && key->secret != NULL; key++) {
        if (authority->internal_key_count == INTERNAL_KEYS_MAX)
            return STATUS_INVALID;
        size_t place = authority->internal_key_count++;
        authority->internal_keys[place] = key_hash(slice_of(key->secret));
        authority->producers[place] = key->producer;
    }
    return STATUS_OK;
}

/* The producer whose key was given; NULL if none was. */
static const char *producer_of(const struct authority *authority, const struct headers *headers)
{
    const char *producer = NULL;
    if (headers->times[HEADER_INTERNAL_KEY] == 1) {
        struct hash given = key_hash(headers->values[HEADER_INTERNAL_KEY]);
        for (size_t i = 0; i < authority->internal_key_count; i++)
            if (sodium_memcmp(given.bytes, authority->internal_keys[i].bytes, HASH_SIZE) == 0)
                producer = authority->producers[i];
    }
    return producer;
}

/* The token of "Bearer TOKEN"; empty if it is not that. */
static struct slice bearer_token(const struct headers *headers)
{
    static const char scheme[] = "Bearer ";
    struct slice value = headers->values[HEADER_AUTHORIZATION];
    size_t at = sizeof scheme - 1;
    if (headers->times[HEADER_AUTHORIZATION] != 1 || value.size < at ||
        strncasecmp(value.data, scheme, at) != 0)
        return (struct slice){0};
    while (at < value.size && value.data[at] == ' ')
        at++;
    return (struct slice){value.data + at, value.size - at};
}

static enum status authorize_user(const struct authority *authority, const struct headers *headers,
                                  struct slice path_user, int64_t now_us,
                                  struct principal *principal, const char **detail)
{
    struct slice token = bearer_token(headers);
    if (token.size == 0) {
        *detail = "Invalid or missing authorization header.";
        return STATUS_UNAUTHENTICATED;
    }
    if (token_verify(authority->tokens, token, now_us, principal) != STATUS_OK ||
        revocations_contain(authority->revocations, principal)) {
        *detail = "Invalid or expired token.";
        return STATUS_UNAUTHENTICATED;
    }
    struct uuid user_id;
    if (path_user.data != NULL &&
        (uuid_parse(path_user.data, path_user.size, &user_id) != STATUS_OK ||
         !uuid_equal(&user_id, &principal->user_id))) {
        *detail = "Not allowed for this user.";
        return STATUS_FORBIDDEN;
    }
    return STATUS_OK;
}

enum status authorize(const struct authority *authority, enum endpoint_auth auth,
                      const struct headers *headers, struct slice path_user, int64_t now_us,
                      struct principal *principal, const char **detail)
{
    if (auth == AUTH_NONE)
        return STATUS_OK;
    const char *producer =
        endpoint_auth_takes_internal_key(auth) ? producer_of(authority, headers) : NULL;
    principal->is_producer = producer != NULL;
    if (principal->is_producer) {
        snprintf(principal->producer, sizeof principal->producer, "%s", producer);
        return STATUS_OK;
    }
    if (endpoint_auth_takes_token(auth))
        return authorize_user(authority, headers, path_user, now_us, principal, detail);
    *detail = "Invalid or missing internal API key.";
    return STATUS_UNAUTHENTICATED;
}
