/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a simulated person defaults: a monthly hazard along their life, of what money and mood
 * say and of a part that nothing tells of, and the default that is drawn from it.
 */
#ifndef ECS_SIMULATION_POPULATION_OUTCOME_H
#define ECS_SIMULATION_POPULATION_OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "simulation/population.h"

struct population_outcome {
    int32_t probability; /* of a default within twelve months of 30 days, in millionths */
    bool defaulted;      /* drawn from it */
};

/* Probability of a default in a month (life.h), in millionths: docs/population.md. */
int64_t population_outcome_hazard(const struct simulated_person *person, int64_t month);
/* As seen on `day` (days since 1970). */
struct population_outcome population_outcome(const struct simulated_person *person, int64_t day);

#endif
