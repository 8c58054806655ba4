/* SPDX-License-Identifier: Apache-2.0
 *
 * clock_gettime → microseconds.
 */
#include "adapters/clock_system.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
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

static const struct clock_ops ops = {
    .now_us = now_us,
    .monotonic_us = monotonic_us,
};

struct clock *clock_system(void)
{
    static struct clock clock = {&ops};
    return &clock;
}
