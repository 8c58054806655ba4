/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs verify-log`: proves that no decision was altered, put in or taken out.
 */
#ifndef ECS_COMMANDS_VERIFY_LOG_H
#define ECS_COMMANDS_VERIFY_LOG_H

#include "ports/store.h"

/* Returns the exit status. */
int command_verify_log(int argc, char **argv, struct store *store);

/* What --help prints. */
extern const char verify_log_usage[];

#endif
