/* SPDX-License-Identifier: Apache-2.0
 *
<<<<<<< HEAD
 * Entropy: the kernel's, through libsodium. No state; safe from any thread.
=======
 * The machine's random source, by libsodium. One instance for the process; safe from any thread.
>>>>>>> main
 */
#ifndef ECS_ADAPTERS_ENTROPY_SYSTEM_H
#define ECS_ADAPTERS_ENTROPY_SYSTEM_H

#include "ports/entropy.h"

<<<<<<< HEAD
/* Lives as long as the process, which ends if the kernel has no entropy to give. */
=======
>>>>>>> main
struct entropy *entropy_system(void);

#endif
