/* SPDX-License-Identifier: Apache-2.0
 *
 * What tests put behind ports in the place of the system's: a clock that is moved by hand, and
 * entropy that is always the same.
 */
#ifndef ECS_TESTS_DOUBLES_H
#define ECS_TESTS_DOUBLES_H

#include <assert.h>
#include <stdatomic.h>

#include "base/splitmix.h"
#include "ports/clock.h"
#include "ports/entropy.h"

/* Stands still until it is moved. All its readings are the same number. Safe from any thread. */
struct clock_manual {
    struct clock base;
    _Atomic int64_t us;
};

static inline int64_t clock_manual_us(struct clock *clock)
{
    return atomic_load(&((struct clock_manual *)clock)->us);
}

static inline void clock_manual_init(struct clock_manual *manual, int64_t us)
{
    static const struct clock_ops ops = {
        .now_us = clock_manual_us,
        .monotonic_us = clock_manual_us,
        .machine_us = clock_manual_us,
    };
    manual->base.ops = &ops;
    atomic_init(&manual->us, us);
}

/* Forward, by 0 or more. */
static inline void clock_manual_advance(struct clock_manual *manual, int64_t by_us)
{
    assert(by_us >= 0);
    atomic_fetch_add(&manual->us, by_us);
}

/* A number in, always the same bytes out. One thread at a time. */
struct entropy_seeded {
    struct entropy base;
    uint64_t state;
};

/* The bytes do not depend on the machine: they are cut from the numbers low byte first. */
static inline void entropy_seeded_fill(struct entropy *entropy, void *bytes, size_t size)
{
    uint8_t *out = bytes;
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        if (i % 8 == 0)
            number = splitmix_next(&((struct entropy_seeded *)entropy)->state);
        out[i] = (uint8_t)(number >> (8 * (i % 8)));
    }
}

static inline void entropy_seeded_init(struct entropy_seeded *seeded, uint64_t seed)
{
    static const struct entropy_ops ops = {.fill = entropy_seeded_fill};
    seeded->base.ops = &ops;
    seeded->state = seed;
}

#endif
