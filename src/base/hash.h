/* SPDX-License-Identifier: Apache-2.0
 *
 * BLAKE2b of several parts. Each part is hashed with its length before it, so that ("ab", "c")
 * and ("a", "bc") differ. Equal input gives equal output on every machine.
 */
#ifndef ECS_BASE_HASH_H
#define ECS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"

enum { HASH_SIZE = 16, HASH_TEXT_SIZE = 33, HASH_NUMBER_SIZE = 8 };

struct hash {
    uint8_t bytes[HASH_SIZE];
};

struct hash hash_of(const struct slice parts[], size_t count);
/* The same, which nobody can make who has not the key; NULL: there is none. */
struct hash hash_keyed(const struct hash *key, const struct slice parts[], size_t count);
/* A number as it is hashed: its lowest byte first on every machine, for hashes are stored, and
 * compared across machines. */
void hash_number(uint8_t bytes[HASH_NUMBER_SIZE], uint64_t number);
/* Lower-case hexadecimal, terminated. */
void hash_format(const struct hash *hash, char text[HASH_TEXT_SIZE]);

static inline int hash_compare(const struct hash *a, const struct hash *b)
{
    return memcmp(a->bytes, b->bytes, HASH_SIZE);
}

#endif
