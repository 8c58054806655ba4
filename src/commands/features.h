/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs features`: everybody's features as they could be known at a moment, as CSV.
 */
#ifndef ECS_COMMANDS_FEATURES_H
#define ECS_COMMANDS_FEATURES_H

#include "ports/store.h"

/* Returns the exit status. */
int command_features(int argc, char **argv, struct store *store);

/* What --help prints. */
extern const char features_usage[];

#endif
