/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops around steps, each on a thread of its own with ports of its own: one that consumes a
 * stream, one that does a role's ticks. A step that fails is repeated after a pause; the first
 * failure and the recovery are logged, not each repetition. /readyz and /metrics tell meanwhile.
 */
#ifndef ECS_RUNNER_WORKER_H
#define ECS_RUNNER_WORKER_H

#include "process/steady.h"
#include "runner/runner.h"
#include "runner/watch.h"

struct worker {
    pthread_t thread;
    struct stream_progress *progress;
    const struct role *role;
    struct role_context context;
    struct stop *stop;
};

/* Opens the worker's ports and starts its loop: consuming if `consume`, ticking otherwise. The
 * worker and `progress` must stay where they are until worker_join. */
MUST_CHECK enum status worker_start(struct worker *worker, const struct runner_options *options,
                                    const struct role *role, bool consume, struct stop *stop,
                                    struct stream_progress *progress);
/* After stop_set: waits for the step under way, and closes the ports. */
void worker_join(struct worker *worker, const struct runner_options *options);

#endif
