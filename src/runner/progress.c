/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/progress.h"

#include <stdio.h>

#include "base/json_put.h"
#include "limits.h"
#include "process/metrics.h"
#include "process/steady.h"

void progress_move(struct stream_progress *progress)
{
    atomic_store(&progress->moved_us, steady_now_us());
}

static int64_t pause_us(struct stream_progress *progress)
{
    return steady_now_us() - atomic_load(&progress->moved_us);
}

void progress_measure(struct stream_progress *progress, enum stream stream)
{
    metric_set(METRIC_stream_pause_us, metric_label_of(stream_label(stream)), pause_us(progress));
}

bool progress_is_made(struct stream_progress *progress)
{
    return pause_us(progress) < PROGRESS_PAUSE_US_MAX;
}

void progress_write(struct stream_progress *progress, const char *role, struct buf *json)
{
    bool made = progress_is_made(progress);
    char cause[80];
    json_put_open(json, NULL, '{');
    json_put_text(json, "role", role);
    json_put_text(json, "status", made ? "up" : "down");
    if (!made) {
        snprintf(cause, sizeof cause, "messages wait, and none was stored for %lld s",
                 (long long)(pause_us(progress) / SECOND_US));
        json_put_text(json, "cause", cause);
    }
    json_put_close(json, '}');
}
