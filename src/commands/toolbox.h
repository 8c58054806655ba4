/* SPDX-License-Identifier: Apache-2.0
 *
 * What a command works with: the settings of its environment, and the engines that they name.
 */
#ifndef ECS_COMMANDS_TOOLBOX_H
#define ECS_COMMANDS_TOOLBOX_H

#include <stdatomic.h>

#include "base/status.h"
#include "roles/role.h"
#include "settings.h"
#include "wiring.h"

/* Zeroed before it is opened; it stays where it is until it is closed. */
struct toolbox {
    struct settings settings;
    struct engines engines;
    struct role_context context; /* with a store, once toolbox_open_store() was OK */
};

/* Each returns EX_OK; otherwise an exit status, with every fault told at once and nothing open. */

/* The settings alone: no engine is opened, nothing is to be closed. */
MUST_CHECK int toolbox_load(struct toolbox *toolbox);
/* Everything the needs name. EX_UNAVAILABLE: all that is wrong may mend by waiting. */
MUST_CHECK int toolbox_open(struct toolbox *toolbox, const struct needs *needs);
/* The database alone, to read: it must be there, and its schema current. */
MUST_CHECK int toolbox_open_store(struct toolbox *toolbox);
void toolbox_close(struct toolbox *toolbox);

/* What a command does with an open toolbox; returns its exit status. */
typedef int toolbox_work(int argc, char **argv, struct toolbox *toolbox);
/* toolbox_open(), the work, toolbox_close(). The first returns the exit status. */
int toolbox_with(const struct needs *needs, int argc, char **argv, toolbox_work *work);
/* The same with toolbox_open_store(). */
int toolbox_with_store(int argc, char **argv, toolbox_work *work);

/* A policy by name or path, which needs no engine. EX_OK; else, with all faults printed, EX_DATAERR
 * if it has an error and EX_NOINPUT if it cannot be read. */
MUST_CHECK int toolbox_policy_read(const char *name_or_path, struct policy *policy);

/* Sets `stop` at SIGINT, SIGTERM and SIGHUP. */
void toolbox_stop_at_signals(atomic_bool *stop);

#endif
