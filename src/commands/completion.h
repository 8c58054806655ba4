/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs completion bash|zsh|fish`: prints a script by which that shell completes the commands of
 * ecs, the words that follow them and their options.
 */
#ifndef ECS_COMMANDS_COMPLETION_H
#define ECS_COMMANDS_COMPLETION_H

#include "commands/command.h"

/* What `ecs help completion` prints. Returns EX_OK. */
int completion_help(void);
/* An exit status: EX_USAGE, with the shells that are known, for another. */
int completion_write(const struct command_table *table, const char *shell);

#endif
