/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs dead`: the messages that were refused, and the way back for them.
 */
#ifndef ECS_COMMANDS_DEAD_H
#define ECS_COMMANDS_DEAD_H

#include "ports/bus.h"
#include "ports/clock.h"

/* Returns the exit status. */
int command_dead(int argc, char **argv, struct bus *bus, struct clock *clock);

/* What --help prints. */
extern const char dead_usage[];

#endif
