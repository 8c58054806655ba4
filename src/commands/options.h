/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments of a command: options that each take a value, as in --people 200 or --people=200,
 * and at most one word beside them.
 */
#ifndef ECS_COMMANDS_OPTIONS_H
#define ECS_COMMANDS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* One option, and where its value goes: as it is to `text`, or read by one of the others, or both.
 */
struct command_option {
    const char *name; /* with its dashes; NULL ends a table */
    const char **text;
    int64_t *number; /* a whole number of `least` to `most` */
    int64_t least;
    int64_t most;
    int64_t *time_us; /* UTC */
    /* Takes the value for `context`; false, with the fault told, if it is none. */
    bool (*take)(void *context, const char *value);
    void *context;
};

/* Reads the arguments of the command argv[0] by the table; what is not given stays as it is. `word`
 * takes the word that is no option; it is NULL if the command has none. False: every fault has been
 * told on standard error. */
MUST_CHECK bool options_read(int argc, char **argv, const struct command_option *table,
                             const char **word);

#endif
