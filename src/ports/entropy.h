/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: random bytes. Adapter: entropy_system (libsodium), safe from any thread; tests have one
 * whose seed gives the same bytes each time (tests/doubles.h).
 */
#ifndef ECS_PORTS_ENTROPY_H
#define ECS_PORTS_ENTROPY_H

#include <stddef.h>
#include <stdint.h>

#include "base/uuid.h"

struct entropy;

struct entropy_ops {
    void (*fill)(struct entropy *entropy, void *bytes, size_t size);
};

struct entropy {
    const struct entropy_ops *ops;
};

static inline void entropy_fill(struct entropy *entropy, void *bytes, size_t size)
{
    entropy->ops->fill(entropy, bytes, size);
}

static inline struct uuid entropy_uuid(struct entropy *entropy, int64_t now_us)
{
    uint8_t random[10];
    entropy_fill(entropy, random, sizeof random);
    return uuid_v7(now_us, random);
}

#endif
