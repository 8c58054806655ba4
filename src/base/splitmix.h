/* SPDX-License-Identifier: Apache-2.0
 *
 * SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. The
 * same numbers for the same seed on every machine; every seed is good. Not for secrets.
 */
#ifndef ECS_BASE_SPLITMIX_H
#define ECS_BASE_SPLITMIX_H

#include <stdint.h>

#define SPLITMIX_STEP UINT64_C(0x9E3779B97F4A7C15)

static inline uint64_t splitmix_mix(uint64_t word)
{
    word = (word ^ (word >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    word = (word ^ (word >> 27)) * UINT64_C(0x94D049BB133111EB);
    return word ^ (word >> 31);
}

/* `*state` is the seed at first. */
static inline uint64_t splitmix_next(uint64_t *state)
{
    return splitmix_mix(*state += SPLITMIX_STEP);
}

#endif
