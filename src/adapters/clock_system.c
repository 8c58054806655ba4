/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/clock_system.h"

#include <time.h>

#include "limits.h"

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t now_us(struct clock *clock)
{
    (void)clock;
    return read_us(CLOCK_REALTIME);
}

static int64_t monotonic_us(struct clock *clock)
{
    (void)clock;
    return read_us(CLOCK_MONOTONIC);
}

struct clock *clock_system(void)
{
    static const struct clock_ops ops = {.now_us = now_us, .monotonic_us = monotonic_us};
    static struct clock clock = {.ops = &ops};
    return &clock;
}
