/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs replay`: makes recorded decisions again and tells what comes out differently.
 */
#ifndef ECS_COMMANDS_REPLAY_H
#define ECS_COMMANDS_REPLAY_H

#include "ports/scorer.h"
#include "ports/store.h"

struct replay_tools {
    struct store *store;
    /* Opens the model that decisions name so. NOT_FOUND: it is not at hand. INVALID: it is of a
     * kind that never answers the same. */
    enum status (*model_open)(void *context, const char *name, struct scorer **model);
    void *context;
};

/* Returns the exit status. */
int command_replay(int argc, char **argv, const struct replay_tools *tools);

/* What --help prints. */
extern const char replay_usage[];

#endif
