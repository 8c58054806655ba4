/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <sodium.h>

void hash_number(uint8_t bytes[HASH_NUMBER_SIZE], uint64_t number)
{
    for (size_t i = 0; i < HASH_NUMBER_SIZE; i++)
        bytes[i] = (uint8_t)(number >> (8 * i));
}

struct hash hash_keyed(const struct hash *key, const struct slice parts[], size_t count)
{
    crypto_generichash_state state;
    crypto_generichash_init(&state, key == NULL ? NULL : key->bytes, key == NULL ? 0 : HASH_SIZE,
                            HASH_SIZE);
    for (size_t i = 0; i < count; i++) {
        uint8_t length[HASH_NUMBER_SIZE];
        hash_number(length, parts[i].size);
        crypto_generichash_update(&state, length, sizeof length);
        crypto_generichash_update(&state, (const uint8_t *)parts[i].data, parts[i].size);
    }
    struct hash hash;
    crypto_generichash_final(&state, hash.bytes, HASH_SIZE);
    return hash;
}

struct hash hash_of(const struct slice parts[], size_t count)
{
    return hash_keyed(NULL, parts, count);
}

void hash_format(const struct hash *hash, char text[HASH_TEXT_SIZE])
{
    sodium_bin2hex(text, HASH_TEXT_SIZE, hash->bytes, HASH_SIZE);
}
