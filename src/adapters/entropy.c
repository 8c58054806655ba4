/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/entropy.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/splitmix.h"
#include "process/log.h"

static void system_fill(struct entropy *entropy, void *bytes, size_t size)
{
    (void)entropy;
    randombytes_buf(bytes, size);
}

static const struct entropy_ops system_ops = {
    .fill = system_fill,
};

struct entropy *entropy_system(void)
{
    static struct entropy entropy = {&system_ops};
    if (sodium_init() < 0) {
        log_error("no source of entropy", LOG_TEXT("library", "libsodium"));
        abort();
    }
    return &entropy;
}

/* The bytes do not depend on the machine: they are cut from the numbers low byte first. */
static void seeded_fill(struct entropy *entropy, void *bytes, size_t size)
{
    uint8_t *out = bytes;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            number = splitmix_next(&((struct entropy_seeded *)entropy)->state);
        out[i] = (uint8_t)(number >> (8 * (i % 8)));
    }
}

static const struct entropy_ops seeded_ops = {
    .fill = seeded_fill,
};

void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed)
{
    seeded->base.ops = &seeded_ops;
    seeded->state = seed;
}
