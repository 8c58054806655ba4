/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs policy check`: all that is wrong with a policy file, before a process is started on it.
 */
#ifndef ECS_COMMANDS_POLICY_H
#define ECS_COMMANDS_POLICY_H

/* Returns the exit status: EX_DATAERR if the policy has an error, EX_NOINPUT if it cannot be
 * read. */
int command_policy(int argc, char **argv);

/* What --help prints. */
extern const char policy_usage[];

#endif
