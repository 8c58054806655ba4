/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <sodium.h>

/* `key` may be NULL. */
static struct hash hash_parts(const struct hash *key, const struct slice parts[], size_t count)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key == NULL ? NULL : key->bytes, key == NULL ? 0 : HASH_SIZE,
                            HASH_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint8_t length[8];
        for (size_t k = 0; k < sizeof length; k++)
            length[k] = (uint8_t)((uint64_t)parts[i].size >> (8 * k));
        crypto_generichash_update(&state, length, sizeof length);
        crypto_generichash_update(&state, (const uint8_t *)parts[i].data, parts[i].size);
    }
    struct hash hash;
    crypto_generichash_final(&state, hash.bytes, HASH_SIZE);
    return hash;
}

struct hash hash_of(const struct slice parts[], size_t count)
{
    return hash_parts(NULL, parts, count);
}

struct hash hash_keyed(const struct hash *key, const struct slice parts[], size_t count)
{
    return hash_parts(key, parts, count);
}

void hash_format(const struct hash *hash, char text[HASH_TEXT_SIZE])
{
    sodium_bin2hex(text, HASH_TEXT_SIZE, hash->bytes, HASH_SIZE);
}
