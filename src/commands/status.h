/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs status`: what running servers say of their engines, their breakers and their streams.
 */
#ifndef ECS_COMMANDS_STATUS_H
#define ECS_COMMANDS_STATUS_H

/* `listen` is the address of the server that is asked where the arguments name none. Returns the
 * exit status. */
int command_status(int argc, char **argv, const char *listen);

/* What --help prints. */
extern const char status_usage[];

#endif
