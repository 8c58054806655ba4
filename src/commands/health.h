/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs health`: whether the `ecs serve` beside it can do its work, for container engines.
 */
#ifndef ECS_COMMANDS_HEALTH_H
#define ECS_COMMANDS_HEALTH_H

/* `listen` is the address that the server was told to listen on. Returns the exit status. */
int command_health(int argc, char **argv, const char *listen);

/* What --help prints. */
extern const char health_usage[];

#endif
