/* SPDX-License-Identifier: Apache-2.0
 *
 * Clock: this machine's. No state; safe from any thread.
 */
#ifndef ECS_ADAPTERS_CLOCK_SYSTEM_H
#define ECS_ADAPTERS_CLOCK_SYSTEM_H

#include "ports/clock.h"

/* Lives as long as the process. */
struct clock *clock_system(void);

#endif
