/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/seal.h"

#include <sodium.h>

static const char *const labels[] = {
    [SEAL_FEATURES] = "ecs cached features",
    [SEAL_MEMO] = "ecs memo of a submission",
    [SEAL_PLACE] = "ecs place of a login",
    [SEAL_NOBODY] = "ecs account of nobody",
    [SEAL_LOST_COMMIT] = "ecs commit that was not confirmed",
};

static struct hash seal_with(const char *secret, enum seal_purpose purpose,
                             const struct slice parts[], size_t count)
{
    struct hash key =
        hash_of((const struct slice[]){slice_of(labels[purpose]), slice_of(secret)}, 2);
    struct hash tag = hash_keyed(&key, parts, count);
    sodium_memzero(&key, sizeof key);
    return tag;
}

struct hash seal_make(const struct token_keys *keys, enum seal_purpose purpose,
                      const struct slice parts[], size_t count)
{
    return seal_with(keys->secrets[0], purpose, parts, count);
}

bool seal_holds(const struct token_keys *keys, enum seal_purpose purpose,
                const struct slice parts[], size_t count, const struct hash *tag)
{
    bool holds = false;
    for (size_t i = 0; i < keys->count; i++) {
        struct hash right = seal_with(keys->secrets[i], purpose, parts, count);
        holds |= sodium_memcmp(right.bytes, tag->bytes, sizeof right.bytes) == 0;
    }
    return holds;
}
