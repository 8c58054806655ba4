/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine's clocks. One instance for the process; never freed.
 */
#ifndef ECS_ADAPTERS_CLOCK_SYSTEM_H
#define ECS_ADAPTERS_CLOCK_SYSTEM_H

#include "ports/clock.h"

struct clock *clock_system(void);

#endif
