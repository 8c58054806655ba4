/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/password.h"

#include <pthread.h>
#include <sodium.h>

enum { PASSES = 2, MEMORY = 19456 * 1024, AT_ONCE_MAX = 2 };

_Static_assert(PASSWORD_HASH_MAX >= crypto_pwhash_STRBYTES - 1, "a hash fits");

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed = PTHREAD_COND_INITIALIZER;
static int at_once;

static void enter(void)
{
    pthread_mutex_lock(&lock);
    while (at_once == AT_ONCE_MAX)
        pthread_cond_wait(&freed, &lock);
    at_once++;
    pthread_mutex_unlock(&lock);
}

static void leave(void)
{
    pthread_mutex_lock(&lock);
    at_once--;
    pthread_cond_signal(&freed);
    pthread_mutex_unlock(&lock);
}

enum status password_hash(struct slice password, char hash[PASSWORD_HASH_MAX + 1])
{
    enter();
    int result = crypto_pwhash_str_alg(hash, password.data, password.size, PASSES, MEMORY,
                                       crypto_pwhash_ALG_ARGON2ID13);
    leave();
    return result == 0 ? STATUS_OK : STATUS_UNAVAILABLE;
}

bool password_verify(struct slice password, const char *hash)
{
    enter();
    int result = crypto_pwhash_str_verify(hash, password.data, password.size);
    leave();
    return result == 0;
}

bool password_verify_nobody(struct slice password)
{
    /* Of a random password that nobody knows, with the same cost. */
    static const char nobody[] = "$argon2id$v=19$m=19456,t=2,p=1$c29tZSBzYWx0IG9mIDE2Yg$"
                                 "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY";
    (void)password_verify(password, nobody);
    return false;
}
