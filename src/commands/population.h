/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs population`: what the simulated people are like as a whole, and their features with what
 * became of them, for a model to learn from.
 */
#ifndef ECS_COMMANDS_POPULATION_H
#define ECS_COMMANDS_POPULATION_H

#include "ports/clock.h"

/* Returns the exit status. The clock tells the pace alone: the same arguments give the same people
 * at any time. */
int command_population(int argc, char **argv, struct clock *clock);

/* What --help prints. */
extern const char population_usage[];

#endif
