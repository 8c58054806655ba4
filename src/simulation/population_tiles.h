/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated person as a store would know them at a moment: what a model is trained on.
 */
#ifndef ECS_SIMULATION_POPULATION_TILES_H
#define ECS_SIMULATION_POPULATION_TILES_H

#include "domain/features.h"
#include "simulation/population.h"

/* Folds the person's events up to `as_of_us` (included) into the tiles that features_compute()
 * needs as of then, ascending by time: the same bits as a store that all of them went through.
 * `as_of_us` is in 1971 or later. */
void population_tiles(const struct simulated_person *person, int64_t as_of_us,
                      struct person_tiles *tiles);

#endif
