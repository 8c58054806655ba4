/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/entropy_seeded.h"

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t next(uint64_t *state)
{
    uint64_t mixed = *state += 0x9E3779B97F4A7C15u;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
    return mixed ^ mixed >> 31;
}

static void fill(struct entropy *entropy, void *bytes, size_t size)
{
    struct entropy_seeded *seeded = (struct entropy_seeded *)entropy;
    for (size_t i = 0; i < size; i++)
        ((uint8_t *)bytes)[i] = (uint8_t)(next(&seeded->state) >> 56);
}

void entropy_seeded_init(struct entropy_seeded *entropy, uint64_t seed)
{
    static const struct entropy_ops ops = {.fill = fill};
    entropy->base.ops = &ops;
    entropy->state = seed;
}
