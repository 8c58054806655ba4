/* SPDX-License-Identifier: Apache-2.0
 *
 * Two sources of entropy: the kernel's, and one for tests and simulation that always gives the
 * same.
 */
#ifndef ECS_ADAPTERS_ENTROPY_H
#define ECS_ADAPTERS_ENTROPY_H

#include "ports/entropy.h"

/* The kernel's, through libsodium. Lives as long as the process, which ends if the kernel has no
 * entropy to give. No state; safe from any thread. */
struct entropy *entropy_system(void);

/* A number in, always the same bytes out. Not for secrets. One thread at a time. */
struct entropy_seeded {
    struct entropy base;
    uint64_t state;
};

void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed);

#endif
