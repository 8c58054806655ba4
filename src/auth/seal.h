/* SPDX-License-Identifier: Apache-2.0
 *
 * Tags on what others keep for us, so that what comes back is known to be ours: BLAKE2b with a key
 * made of SECRET_KEY and a purpose. Every process of a deployment has the same keys; of several
 * the first one seals and all open, as with tokens. Safe from any thread.
 */
#ifndef ECS_AUTH_SEAL_H
#define ECS_AUTH_SEAL_H

#include "auth/token.h"
#include "base/hash.h"

/* What a tag is for: one purpose's tags are worth nothing for another. */
enum seal_purpose { SEAL_FEATURES, SEAL_MEMO, SEAL_PLACE, SEAL_NOBODY, SEAL_LOST_COMMIT };

struct hash seal_make(const struct token_keys *keys, enum seal_purpose purpose,
                      const struct slice parts[], size_t count);
/* Compares in constant time. */
bool seal_holds(const struct token_keys *keys, enum seal_purpose purpose,
                const struct slice parts[], size_t count, const struct hash *tag);

#endif
