/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs rewind`: a stream's consumers start again at a moment.
 */
#ifndef ECS_COMMANDS_REWIND_H
#define ECS_COMMANDS_REWIND_H

#include "ports/bus.h"
#include "ports/clock.h"

/* Returns the exit status. */
int command_rewind(int argc, char **argv, struct bus *bus, struct clock *clock);

/* What --help prints. */
extern const char rewind_usage[];

#endif
