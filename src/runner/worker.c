/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/worker.h"

#include <assert.h>
#include <stdlib.h>

#include "process/log.h"
#include "process/metrics.h"

/* Short, so that a stop is noticed soon; while messages come, fetch returns at once. */
enum { FETCH_WAIT_US = 250000, PAUSE_US = 500000, TICKS_MAX = 8 };

/* Tells when `status` turns bad or good again; returns true if it is bad. */
static bool failed(const char *what, enum metric_label label, enum status status, bool *failing)
{
    bool bad = status != STATUS_OK;
    if (bad != *failing) {
        metric_add(METRIC_step_failing, label, bad ? 1 : -1);
        if (bad)
            log_warn("step failed", LOG_TEXT("step", what),
                     LOG_TEXT("status", status_name(status)));
        else
            log_info("step works again", LOG_TEXT("step", what));
    }
    *failing = bad;
    return bad;
}

static void *consume(void *argument)
{
    struct worker *worker = argument;
    const struct consumer_step *step = worker->role->consumer;
    struct bus_consumer *consumer = NULL;
    bool failing = false;
    while (!stop_wait(worker->stop, 0)) {
        enum status status = STATUS_OK;
        if (consumer == NULL)
            status = bus_consumer_open(worker->context.bus, step->stream, &consumer);
        if (status == STATUS_OK) {
            size_t ended = 0;
            status = step->step(&worker->context, consumer, FETCH_WAIT_US, &ended);
            if (ended > 0)
                stream_progress_move(worker->progress);
        }
        bool bad = failed(worker->role->name, metric_label_of(stream_label(step->stream)), status,
                          &failing);
        atomic_store(&worker->progress->failing, bad);
        if (bad && stop_wait(worker->stop, PAUSE_US))
            break;
    }
    if (consumer != NULL)
        bus_consumer_close(consumer);
    return NULL;
}

static void *tick(void *argument)
{
    struct worker *worker = argument;
    const struct role *role = worker->role;
    struct clock *clock = worker->context.clock;
    int64_t due_us[TICKS_MAX] = {0};
    bool failing[TICKS_MAX] = {false};
    assert(role->tick_count <= TICKS_MAX);
    int64_t wait_us = 0;
    while (!stop_wait(worker->stop, wait_us)) {
        wait_us = SECOND_US;
        for (size_t i = 0; i < role->tick_count; i++) {
            int64_t left_us = due_us[i] - clock_monotonic_us(clock);
            if (left_us <= 0) {
                failed(role->ticks[i].name, metric_label_of(role->ticks[i].name),
                       role->ticks[i].step(&worker->context), &failing[i]);
                left_us = role->ticks[i].period_us;
                due_us[i] = clock_monotonic_us(clock) + left_us;
            }
            wait_us = left_us < wait_us ? left_us : wait_us;
        }
    }
    return NULL;
}

static size_t scratch_size(const struct role *role, bool consuming)
{
    if (consuming)
        return role->consumer->scratch_size;
    size_t size = 0;
    for (size_t i = 0; i < role->tick_count; i++) {
        if (role->ticks[i].scratch_size > size)
            size = role->ticks[i].scratch_size;
    }
    return size;
}

enum status worker_start(struct worker *worker, const struct runner_options *options,
                         const struct role *role, bool consuming, struct stop *stop,
                         struct stream_progress *progress)
{
    *worker = (struct worker){.role = role, .stop = stop, .progress = progress};
    enum status status = options->context_open(options->engines, role->uses, &worker->context);
    if (status != STATUS_OK)
        return status;
    assert(consuming ? role->consumer != NULL : role->tick_count > 0);
    size_t size = scratch_size(role, consuming);
    worker->context.scratch = calloc(1, size + 1);
    if (worker->context.scratch != NULL &&
        pthread_create(&worker->thread, NULL, consuming ? consume : tick, worker) == 0)
        return STATUS_OK;
    free(worker->context.scratch);
    options->context_close(options->engines, &worker->context);
    return STATUS_UNAVAILABLE;
}

void worker_join(struct worker *worker, const struct runner_options *options)
{
    pthread_join(worker->thread, NULL);
    free(worker->context.scratch);
    options->context_close(options->engines, &worker->context);
}
