/* SPDX-License-Identifier: Apache-2.0
 *
 * The commands of ecs: which there are, what --help says of each, and what is common to all.
 * What --help says stands in text/help/. The options of a command are those that this text
 * names: completion, "did you mean" and the manual pages are made from it, so that an option is
 * described once.
 */
#ifndef ECS_COMMANDS_COMMAND_H
#define ECS_COMMANDS_COMMAND_H

#include "process/file.h"

/* argv[0] is the command's name. --help, --json and options that the help does not name were taken
 * care of. Returns an exit status of sysexits.h. */
typedef int command_work(int argc, char **argv);

/* Each in a file of its name; dead and rewind in streams.c, health in status.c. */
command_work command_serve, command_migrate, command_simulate, command_population, command_train,
    command_policy, command_backtest, command_dead, command_rewind, command_features,
    command_replay, command_verify_log, command_status, command_health;

/* Appends a line for each role: a part of the help of `ecs serve`, where it is. */
void command_put_roles(const void *context, struct buf *out);

/* Prints the help text of the command of that name on standard error; returns EX_USAGE. */
int command_misused(const char *name);

/* Does what the arguments of the process ask for. Returns the exit status of the process. */
int command_run(int argc, char **argv);

#endif
