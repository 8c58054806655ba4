/* SPDX-License-Identifier: Apache-2.0
 *
 * Everybody who has an account, parted into groups: one for each persona that `ecs simulate` made,
 * and one for all others.
 */
#ifndef ECS_SIMULATION_POPULATION_GROUP_H
#define ECS_SIMULATION_POPULATION_GROUP_H

#include "simulation/population.h"

enum { POPULATION_GROUPS = PERSONA_COUNT + 1 };

/* The group of the person with this address: their persona, or PERSONA_COUNT for all others. */
int population_group(const char *email);
const char *population_group_name(int group);

#endif
