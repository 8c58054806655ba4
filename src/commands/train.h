/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs train`: data -> a model's folder.
 */
#ifndef ECS_COMMANDS_TRAIN_H
#define ECS_COMMANDS_TRAIN_H

/* Returns the exit status. */
int command_train(int argc, char **argv);

/* What --help prints. */
extern const char train_usage[];

#endif
