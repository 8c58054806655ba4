/* SPDX-License-Identifier: Apache-2.0
 *
 * A clock that stands still until a test moves it. Both of its times are the same. Safe from any
 * thread.
 */
#ifndef ECS_ADAPTERS_CLOCK_MANUAL_H
#define ECS_ADAPTERS_CLOCK_MANUAL_H

#include <stdatomic.h>

#include "ports/clock.h"

struct clock_manual {
    struct clock base;
    _Atomic int64_t us;
};

void clock_manual_init(struct clock_manual *clock, int64_t us);
void clock_manual_advance(struct clock_manual *clock, int64_t by_us);

#endif
