/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's random source, by libsodium. One instance for the process; safe from any thread.
 */
#ifndef ECS_ADAPTERS_ENTROPY_SYSTEM_H
#define ECS_ADAPTERS_ENTROPY_SYSTEM_H

#include "ports/entropy.h"

struct entropy *entropy_system(void);

#endif
