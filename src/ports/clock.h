/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: time. Sampled once per step and handed to the domain, which cannot read a clock.
 * Adapter: clock_system; tests have one that they move by hand (tests/doubles.h). Safe from any
 * thread. For waits there is process/steady.h.
 */
#ifndef ECS_PORTS_CLOCK_H
#define ECS_PORTS_CLOCK_H

#include <stdint.h>

struct clock;

struct clock_ops {
    int64_t (*now_us)(struct clock *clock);
    int64_t (*monotonic_us)(struct clock *clock);
    int64_t (*machine_us)(struct clock *clock);
};

struct clock {
    const struct clock_ops *ops;
};

/* Microseconds since 1970-01-01 UTC, the same for all processes that share an engine. May go back:
 * a little at any time, and by a step when the engine's own clock is set (adapters/clock.h). */
static inline int64_t clock_now_us(struct clock *clock)
{
    return clock->ops->now_us(clock);
}

/* Microseconds since an arbitrary moment; never goes back. For durations and deadlines. */
static inline int64_t clock_monotonic_us(struct clock *clock)
{
    return clock->ops->monotonic_us(clock);
}

/* The time of day by this machine's clock as it is set now, whatever clock_now_us believes: a
 * second opinion. */
static inline int64_t clock_machine_us(struct clock *clock)
{
    return clock->ops->machine_us(clock);
}

#endif
