/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/password.h"

#include <crypt.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { PASSES = 2, MEMORY = 19456 * 1024, BCRYPT_BYTES = 72 };

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES - 1, "a hash fits");

enum status password_hash(struct slice password, char hash[PASSWORD_HASH_MAX + 1])
{
    int result = crypto_pwhash_str_alg(hash, password.data, password.size, PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    return result == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

/* bcrypt looks at no more than 72 bytes of a password. */
static bool bcrypt_verify(struct slice password, const char *hash)
{
    char text[BCRYPT_BYTES + 1];
    size_t used = password.size < BCRYPT_BYTES ? password.size : BCRYPT_BYTES;
    size_t size = strlen(hash);
    struct crypt_data *data = calloc(1, sizeof *data); /* 32 KiB: too much for a stack */
    if (data == NULL)
        return false;
    memcpy(text, password.data, used);
    text[used] = '\0';
    const char *made = crypt_r(text, hash, data);
    bool same = made != NULL && strlen(made) == size && sodium_memcmp(made, hash, size) == 0;
    sodium_memzero(text, sizeof text);
    sodium_memzero(data, sizeof *data);
    free(data);
    return same;
}

bool password_is_outdated(const char *hash)
{
    return strncmp(hash, "$2", 2) == 0;
}

bool password_verify(struct slice password, const char *hash)
{
    if (password_is_outdated(hash))
        return bcrypt_verify(password, hash);
    return crypto_pwhash_str_verify(hash, password.data, password.size) == 0;
}

bool password_verify_nobody(struct slice password)
{
    /* Of a random password that nobody knows, with the same cost. */
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIDE2Yg$"
                                 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    (void)password_verify(password, nobody);
    return false;
}
