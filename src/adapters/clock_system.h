/* SPDX-License-Identifier: Apache-2.0
 *
<<<<<<< HEAD
 * Clock: this machine's. No state; safe from any thread.
=======
 * The machine's clocks. One instance for the process; never freed.
>>>>>>> main
 */
#ifndef ECS_ADAPTERS_CLOCK_SYSTEM_H
#define ECS_ADAPTERS_CLOCK_SYSTEM_H

#include "ports/clock.h"

<<<<<<< HEAD
/* Lives as long as the process. */
=======
>>>>>>> main
struct clock *clock_system(void);

#endif
