/* SPDX-License-Identifier: Apache-2.0
 *
 * Random numbers that are the same for the same seed on every machine (SplitMix64).
 */
#ifndef ECS_LEARNING_RANDOM_H
#define ECS_LEARNING_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* the seed, at first */
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

/* 0 to bound - 1; the bias is below bound / 2^64. */
static inline size_t random_below(struct random *random, size_t bound)
{
    return (size_t)(((unsigned __int128)random_next(random) * bound) >> 64);
}

static inline void random_shuffle(struct random *random, size_t values[], size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t other = random_below(random, i);
        size_t value = values[i - 1];
        values[i - 1] = values[other];
        values[other] = value;
    }
}

#endif
