/* SPDX-License-Identifier: Apache-2.0
 *
 * Processes of ecs that serve one role each, on free ports of the loopback: started,
 * asked, and ended. Each is in a process group of its own: a Ctrl-C on the terminal reaches only
 * this process, which ends them. Used by one thread.
 */
#ifndef ECS_BENCH_SCALE_CHILDREN_H
#define ECS_BENCH_SCALE_CHILDREN_H

#include <stdatomic.h>
#include <sys/types.h>

#include "base/status.h"
#include "scale_figures.h"

enum { BENCH_PROCESSES_MAX = 16, BENCH_URL_SIZE = 32 };

struct child {
    pid_t pid;
    int log; /* what it wrote */
    char url[BENCH_URL_SIZE];
};

struct children {
    struct child all[BENCH_PROCESSES_MAX];
    size_t count;
};

/* Starts `count` (up to BENCH_PROCESSES_MAX) processes. Not OK, here and below: the reason is told,
 * unless `stop` was set. Once it is OK, they must be ended. */
MUST_CHECK enum status children_start(struct children *children, const char *role, size_t count);
/* Waits until all of them serve. */
MUST_CHECK enum status children_wait(struct children *children, const atomic_bool *stop);
/* Ends all and waits for them. UNAVAILABLE, and told: one ended otherwise than it should. */
MUST_CHECK enum status children_stop(struct children *children);
/* The value of a metric, named with its label, of each process; 0 where it has none yet. */
MUST_CHECK enum status children_metric(const struct children *children, const char *name,
                                       const atomic_bool *stop,
                                       int64_t values[BENCH_PROCESSES_MAX]);
/* Processor time until now, of the machine, the children and this process. */
MUST_CHECK enum status children_usage(const struct children *children, struct bench_usage *usage);

#endif
