/* SPDX-License-Identifier: Apache-2.0
 *
 * Access tokens from bytes: as they are, and as a header and claims, one to a line, that somebody
 * who has the key has signed. What is accepted has our signature and is accepted until it expires,
 * and what we sign of it is accepted too. And seals: a tag holds for its own parts alone.
 */
#include "fuzz.h"

#include <sodium.h>
#include <string.h>

#include "auth/seal.h"

#define NOW_US (1760000000LL * SECOND_US)

static const struct token_keys keys = {1, {"a-secret-of-more-than-thirty-two-bytes"}};
static const struct token_keys other = {1, {"another-secret-of-more-than-32-bytes!"}};

static void accepted_check(struct slice text, const struct principal *principal)
{
    struct principal again;
    char signed_text[TOKEN_MAX + 1];
    FUZZ_CHECK(principal->token_expires_at_us > NOW_US && principal->token_generation >= 0);
    FUZZ_CHECK(token_verify(&other, text, NOW_US, &again) == STATUS_UNAUTHENTICATED);
    FUZZ_CHECK(token_verify(&keys, text, principal->token_expires_at_us, &again) ==
               STATUS_UNAUTHENTICATED);
    if (token_sign(&keys, principal, NOW_US, signed_text) != STATUS_OK)
        return;
    FUZZ_CHECK(token_verify(&keys, slice_of(signed_text), NOW_US, &again) == STATUS_OK);
    FUZZ_CHECK(uuid_equal(&principal->user_id, &again.user_id));
    FUZZ_CHECK(uuid_equal(&principal->token_id, &again.token_id));
    FUZZ_CHECK(strcmp(principal->email, again.email) == 0);
    FUZZ_CHECK(principal->token_expires_at_us == again.token_expires_at_us);
    FUZZ_CHECK(principal->token_generation == again.token_generation);
}

static void base64url(char **end, const void *data, size_t size)
{
    const int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    size_t room = sodium_base64_encoded_len(size, variant);
    sodium_bin2base64(*end, room, data, size, variant);
    *end += strlen(*end);
}

/* Signs whatever it is. */
static void forged_check(struct slice header, struct slice claims)
{
    static char text[4 * TOKEN_MAX];
    unsigned char mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    struct principal principal;
    char *end = text;
    if (header.size + claims.size > TOKEN_MAX)
        return;
    base64url(&end, header.data, header.size);
    *end++ = '.';
    base64url(&end, claims.data, claims.size);
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)keys.secrets[0],
                                strlen(keys.secrets[0]));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)text, (size_t)(end - text));
    crypto_auth_hmacsha256_final(&state, mac);
    *end++ = '.';
    base64url(&end, mac, sizeof mac);
    struct slice all = {text, (size_t)(end - text)};
    if (token_verify(&keys, all, NOW_US, &principal) == STATUS_OK)
        accepted_check(all, &principal);
}

static void seal_check(struct slice first, struct slice second)
{
    const struct slice parts[] = {first, second};
    struct hash tag = seal_make(&keys, SEAL_MEMO, parts, 2);
    FUZZ_CHECK(seal_holds(&keys, SEAL_MEMO, parts, 2, &tag));
    FUZZ_CHECK(!seal_holds(&keys, SEAL_PLACE, parts, 2, &tag));
    FUZZ_CHECK(!seal_holds(&other, SEAL_MEMO, parts, 2, &tag));
    if (first.size > 0) { /* the same bytes, parted elsewhere, are another thing */
        const struct slice moved[] = {{first.data, 0}, first, second};
        FUZZ_CHECK(!seal_holds(&keys, SEAL_MEMO, moved, 3, &tag));
    }
    tag.bytes[first.size % HASH_SIZE] ^= 1;
    FUZZ_CHECK(!seal_holds(&keys, SEAL_MEMO, parts, 2, &tag));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    struct principal principal;
    if (token_verify(&keys, text, NOW_US, &principal) == STATUS_OK)
        accepted_check(text, &principal);
    const char *line = size == 0 ? NULL : memchr(data, '\n', size);
    if (line == NULL)
        return 0;
    struct slice header = {text.data, (size_t)(line - text.data)};
    struct slice claims = {line + 1, size - header.size - 1};
    forged_check(header, claims);
    seal_check(header, claims);
    return 0;
}
