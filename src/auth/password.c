/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/password.h"

#include <sodium.h>

enum { PASSES = 2, MEMORY = 19456 * 1024 };

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES - 1, "a hash fits");

enum status password_hash(struct slice password, char hash[PASSWORD_HASH_MAX + 1])
{
    int result = crypto_pwhash_str_alg(hash, password.data, password.size, PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    return result == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

bool password_verify(struct slice password, const char *hash)
{
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
