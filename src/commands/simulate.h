/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs simulate`: people who feel, pay, ask for credit and accept it, against a running system.
 */
#ifndef ECS_COMMANDS_SIMULATE_H
#define ECS_COMMANDS_SIMULATE_H

#include <stdbool.h>

#include "ports/bus.h"
#include "ports/clock.h"

struct simulate_settings {
    const char *internal_key;
    struct bus *bus; /* NULL unless simulate_needs_bus() */
    struct clock *clock;
};

/* Whether these arguments ask for events on the bus. */
bool simulate_needs_bus(int argc, char **argv);
/* Returns the exit status. */
int command_simulate(int argc, char **argv, const struct simulate_settings *settings);

/* What --help prints. */
extern const char simulate_usage[];

#endif
