/* SPDX-License-Identifier: Apache-2.0
 *
 * The kernel's source of entropy.
 */
#ifndef ECS_ADAPTERS_ENTROPY_H
#define ECS_ADAPTERS_ENTROPY_H

#include "ports/entropy.h"

/* The kernel's, through libsodium. Lives as long as the process, which ends if the kernel has no
 * entropy to give. No state; safe from any thread. */
struct entropy *entropy_system(void);

#endif
