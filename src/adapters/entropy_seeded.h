/* SPDX-License-Identifier: Apache-2.0
 *
<<<<<<< HEAD
 * Entropy: a number in, always the same bytes out, for tests and simulation. Not for secrets. One
 * thread at a time.
=======
 * The same seed gives the same bytes: for tests and simulations, never for secrets. One thread.
>>>>>>> main
 */
#ifndef ECS_ADAPTERS_ENTROPY_SEEDED_H
#define ECS_ADAPTERS_ENTROPY_SEEDED_H

#include "ports/entropy.h"

struct entropy_seeded {
    struct entropy base;
    uint64_t state;
};

<<<<<<< HEAD
void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed);
=======
void entropy_seeded_init(struct entropy_seeded *entropy, uint64_t seed);
>>>>>>> main

#endif
