/* SPDX-License-Identifier: Apache-2.0
 *
 * A simulated population → a table to train on: every feature as of one moment, and who defaults.
 */
#ifndef ECS_COMMANDS_TRAIN_POPULATION_H
#define ECS_COMMANDS_TRAIN_POPULATION_H

#include "learning/table.h"

/* Fills an empty table with `people` rows, one column for each feature, in the order and in the
 * units of domain/features.def. `best_auc`, in millionths: of who knows every hidden hazard.
 * UNAVAILABLE: memory is out. */
MUST_CHECK enum status train_population(int64_t people, uint64_t seed, struct table *table,
                                        int32_t *best_auc);

#endif
