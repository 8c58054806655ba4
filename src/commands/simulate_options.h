/* SPDX-License-Identifier: Apache-2.0
 *
 * The arguments of `ecs simulate`.
 */
#ifndef ECS_COMMANDS_SIMULATE_OPTIONS_H
#define ECS_COMMANDS_SIMULATE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum { SIMULATE_PEOPLE_MAX = 100000 };

struct simulate_options {
    int64_t people;
    int64_t days;
    int64_t rate;       /* events a second of the history; 0: as fast as it goes */
    int64_t live;       /* events a second afterwards; 0: end with the history */
    int64_t duration_s; /* of the live stream; 0: until a signal */
    int64_t seed;
    bool on_bus;
    const char *url;
};

/* -1 to go on, with `options` filled; an exit status otherwise, with all faults told. */
int simulate_options_parse(int argc, char **argv, struct simulate_options *options);

#endif
