/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/clock_manual.h"

static int64_t read_us(struct clock *clock)
{
    return atomic_load(&((struct clock_manual *)clock)->us);
}

void clock_manual_init(struct clock_manual *clock, int64_t us)
{
    static const struct clock_ops ops = {.now_us = read_us, .monotonic_us = read_us};
    clock->base.ops = &ops;
    atomic_init(&clock->us, us);
}

void clock_manual_advance(struct clock_manual *clock, int64_t by_us)
{
    atomic_fetch_add(&clock->us, by_us);
}
