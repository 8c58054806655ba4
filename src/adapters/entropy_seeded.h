/* SPDX-License-Identifier: Apache-2.0
 *
 * The same seed gives the same bytes: for tests and simulations, never for secrets. One thread.
 */
#ifndef ECS_ADAPTERS_ENTROPY_SEEDED_H
#define ECS_ADAPTERS_ENTROPY_SEEDED_H

#include "ports/entropy.h"

struct entropy_seeded {
    struct entropy base;
    uint64_t state;
};

void entropy_seeded_init(struct entropy_seeded *entropy, uint64_t seed);

#endif
