/* SPDX-License-Identifier: Apache-2.0
 *
 * Entropy: the kernel's, through libsodium. No state; safe from any thread.
 */
#ifndef ECS_ADAPTERS_ENTROPY_SYSTEM_H
#define ECS_ADAPTERS_ENTROPY_SYSTEM_H

#include "ports/entropy.h"

/* Lives as long as the process, which ends if the kernel has no entropy to give. */
struct entropy *entropy_system(void);

#endif
