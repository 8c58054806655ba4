/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine says of itself beside being up: store_health and bus_health fill it.
 */
#ifndef ECS_PORTS_HEALTH_H
#define ECS_PORTS_HEALTH_H

#include <stddef.h>

/* What is confirmed survives: nothing, not even the end of the engine's process; the sudden end of
 * that process; the loss of power as well. */
enum durability { DURABILITY_UNKNOWN, DURABILITY_MEMORY, DURABILITY_PROCESS, DURABILITY_POWER };

struct health {
    enum durability durability; /* in force, as far as the engine tells */
    const char *cause;          /* a constant: why it is down or soon will be; NULL: not known */
    const char *missing; /* a constant: what of it is not there; NULL: nothing, or not known */
};

/* "memory", "process" or "power"; NULL: unknown. */
static inline const char *durability_name(enum durability durability)
{
    static const char *const names[] = {NULL, "memory", "process", "power"};
    return names[durability];
}

#endif
