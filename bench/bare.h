/* SPDX-License-Identifier: Apache-2.0
 *
 * What the bare programs share: a clock, and the same synthetic events that the backlog of
 * bench/systems.py holds: a day of everybody's feelings in the order of time.
 */
#ifndef ECS_BENCH_BARE_H
#define ECS_BENCH_BARE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BARE_HOUR_US (3600 * 1000000LL)

struct bare_event {
    uint8_t key[16]; /* grows with time: the kindest to an index */
    uint8_t user[16];
    int64_t at_us;
    int32_t positivity, intensity, stress; /* millionths */
};

static inline double bare_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline void bare_put_number(uint8_t *bytes, uint64_t number, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
}

/* The events of `count` to be made in a row, all new; `run_us` parts one run from another. */
static inline struct bare_event bare_event_make(int64_t run_us, long i, long count, long people)
{
    struct bare_event event = {.at_us = run_us - 24 * BARE_HOUR_US + 24 * BARE_HOUR_US / count * i};
    bare_put_number(event.key, (uint64_t)(run_us + i), 8);
    bare_put_number(event.key + 8, (uint64_t)random(), 8);
    bare_put_number(event.user + 8, (uint64_t)(random() % people) * 0x9e3779b97f4a7c15ULL, 8);
    event.positivity = (int32_t)(random() % 1000001);
    event.intensity = (int32_t)(random() % 1000001);
    event.stress = (int32_t)(random() % 1000001);
    return event;
}

static inline int64_t bare_wall_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

#endif
