/* SPDX-License-Identifier: Apache-2.0
 *
 * A number that the caller moves → all clocks.
 */
#include "adapters/clock_manual.h"

#include <assert.h>

static int64_t read_us(struct clock *clock)
{
    return atomic_load(&((struct clock_manual *)clock)->us);
}

static const struct clock_ops ops = {
    .now_us = read_us,
    .monotonic_us = read_us,
    .machine_us = read_us,
};

void clock_manual_init(struct clock_manual *manual, int64_t us)
{
    manual->base.ops = &ops;
    atomic_init(&manual->us, us);
}

void clock_manual_advance(struct clock_manual *manual, int64_t by_us)
{
    assert(by_us >= 0);
    atomic_fetch_add(&manual->us, by_us);
}
