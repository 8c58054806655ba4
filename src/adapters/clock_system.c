/* SPDX-License-Identifier: Apache-2.0
 *
 * clock_gettime → microseconds.
 */
#include "adapters/clock_system.h"

#include <time.h>

#include "base/steady.h"
#include "limits.h"

static int64_t now_us(struct clock *clock)
{
    struct timespec now;
    (void)clock;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

static int64_t monotonic_us(struct clock *clock)
{
    (void)clock;
    return steady_now_us();
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
