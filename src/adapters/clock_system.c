<<<<<<< HEAD
/* SPDX-License-Identifier: Apache-2.0
 *
 * clock_gettime → microseconds.
 */
=======
/* SPDX-License-Identifier: Apache-2.0 */
>>>>>>> main
#include "adapters/clock_system.h"

#include <time.h>

<<<<<<< HEAD
=======
#include "limits.h"

>>>>>>> main
static int64_t read_us(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
<<<<<<< HEAD
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
=======
    return now.tv_sec * SECOND_US + now.tv_nsec / 1000;
>>>>>>> main
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

<<<<<<< HEAD
static const struct clock_ops ops = {
    .now_us = now_us,
    .monotonic_us = monotonic_us,
};

struct clock *clock_system(void)
{
    static struct clock clock = {&ops};
=======
struct clock *clock_system(void)
{
    static const struct clock_ops ops = {.now_us = now_us, .monotonic_us = monotonic_us};
    static struct clock clock = {.ops = &ops};
>>>>>>> main
    return &clock;
}
