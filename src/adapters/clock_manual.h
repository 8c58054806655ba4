/* SPDX-License-Identifier: Apache-2.0
 *
 * Clock: stands still until it is moved, for tests and simulation. All readings are the same
 * number. Safe from any thread.
 */
#ifndef ECS_ADAPTERS_CLOCK_MANUAL_H
#define ECS_ADAPTERS_CLOCK_MANUAL_H

#include <stdatomic.h>

#include "ports/clock.h"

struct clock_manual {
    struct clock base;
    _Atomic int64_t us;
};

void clock_manual_init(struct clock_manual *manual, int64_t us);
void clock_manual_advance(struct clock_manual *manual, int64_t by_us);

#endif
