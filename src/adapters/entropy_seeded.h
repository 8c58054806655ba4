/* SPDX-License-Identifier: Apache-2.0
 *
 * Entropy: a number in, always the same bytes out, for tests and simulation. Not for secrets. One
 * thread at a time.
 */
#ifndef ECS_ADAPTERS_ENTROPY_SEEDED_H
#define ECS_ADAPTERS_ENTROPY_SEEDED_H

#include "ports/entropy.h"

struct entropy_seeded {
    struct entropy base;
    uint64_t state;
};

void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed);

#endif
