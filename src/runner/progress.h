/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether a worker gets on with its stream. It notes what it has done, whoever sees the stream's
 * lag notes whether anything waits, and anybody may look. One whose messages have waited for
 * PROGRESS_PAUSE_US_MAX, without that one of them ended, is not ready.
 */
#ifndef ECS_RUNNER_PROGRESS_H
#define ECS_RUNNER_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "roles/role.h"

struct stream_progress {
    _Atomic bool failing;     /* its last step was */
    _Atomic int64_t moved_us; /* steady: when a message last ended, or none waited */
};

/* A message has ended, or none waits, or nobody knows; so it is at the start, too. */
void progress_move(struct stream_progress *progress);
/* Sets the metric: how long messages of the stream have waited in vain. */
void progress_measure(struct stream_progress *progress, enum stream stream);

bool progress_is_made(struct stream_progress *progress);
/* The object of /readyz that tells of it. */
void progress_write(struct stream_progress *progress, const char *role, struct buf *json);

#endif
