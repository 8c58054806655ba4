/* SPDX-License-Identifier: Apache-2.0
 *
 * SplitMix64 (Steele, Lea, Flood 2014): 64 bits of state, every seed is good, and the bytes do not
 * depend on the machine: they are cut from the numbers low byte first.
 */
#include "adapters/entropy_seeded.h"

static uint64_t next(struct entropy_seeded *seeded)
{
    uint64_t mixed = seeded->state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static void fill(struct entropy *entropy, void *bytes, size_t size)
{
    uint8_t *out = bytes;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            number = next((struct entropy_seeded *)entropy);
        out[i] = (uint8_t)(number >> (8 * (i % 8)));
    }
}

static const struct entropy_ops ops = {
    .fill = fill,
};

void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed)
{
    seeded->base.ops = &ops;
    seeded->state = seed;
}
