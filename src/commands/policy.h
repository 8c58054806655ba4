/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs policy check`: all that is wrong with a policy file, before a process is started on it.
 */
#ifndef ECS_COMMANDS_POLICY_H
#define ECS_COMMANDS_POLICY_H

#include "domain/policy.h"

/* Returns the exit status: EX_DATAERR if the policy has an error, EX_NOINPUT if it cannot be
 * read. */
int command_policy(int argc, char **argv);

/* What --help prints. */
extern const char policy_usage[];

/* A policy by name or path. EX_OK; else, with all faults printed, EX_DATAERR if it has an error and
 * EX_NOINPUT if it cannot be read. */
int policy_read(const char *name_or_path, struct policy *policy);

#endif
