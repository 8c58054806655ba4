/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy as a command is given it: by name, or as a file.
 */
#ifndef ECS_COMMANDS_POLICY_H
#define ECS_COMMANDS_POLICY_H

#include "domain/policy.h"

/* A policy by name or path. EX_OK; else, with all faults printed, EX_DATAERR if it has an error and
 * EX_NOINPUT if it cannot be read. */
int policy_read(const char *name_or_path, struct policy *policy);

#endif
