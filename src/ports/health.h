/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine says of itself beside being up: store_health and bus_health fill it.
 */
#ifndef ECS_PORTS_HEALTH_H
#define ECS_PORTS_HEALTH_H

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "process/steady.h"

/* What is confirmed survives: nothing, not even the end of the engine's process; the sudden end of
 * that process; the loss of power as well. */
enum durability { DURABILITY_UNKNOWN, DURABILITY_MEMORY, DURABILITY_PROCESS, DURABILITY_POWER };

struct health {
    /* Of whoever asks and must outlive the question, steady: since when the engine owes the answer
     * to a trivial question; 0: it owes none. NULL: nobody wants to know. */
    _Atomic int64_t *owed_since_us;
    enum durability durability; /* in force, as far as the engine tells */
    const char *cause;          /* a constant: why it is down or soon will be; NULL: not known */
    const char *missing; /* a constant: what of it is not there; NULL: nothing, or not known */
};

/* An engine that is asked several questions in a row, or is made to work, tells of each: one that
 * takes its time over all of it, and answers, is not silent. */
static inline void health_asks(const struct health *health)
{
    if (health->owed_since_us != NULL)
        atomic_store(health->owed_since_us, steady_now_us());
}

static inline void health_answered(const struct health *health)
{
    if (health->owed_since_us != NULL)
        atomic_store(health->owed_since_us, 0);
}

/* "memory", "process" or "power"; NULL: unknown. */
static inline const char *durability_name(enum durability durability)
{
    static const char *const names[] = {NULL, "memory", "process", "power"};
    assert(durability <= DURABILITY_POWER);
    return names[durability];
}

#endif
