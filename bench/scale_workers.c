/* SPDX-License-Identifier: Apache-2.0
 *
 * A backlog of emotion events is published while no worker runs; then workers are started, and the
 * lag is watched until all is counted. A first backlog, for the least workers, warms up: it makes
 * the tiles that the others change.
 */
#include <stdio.h>

#include "base/splitmix.h"
#include "commands/report.h"
#include "commands/simulate.h"
#include "process/steady.h"
#include "scale.h"
#include "simulation/chance.h"

enum {
    SAMPLE_MS = 20,
    SILENCE_US = 30 * SECOND_US, /* without an event counted: something is wrong */
    NAME_SIZE = 32,
    EVENT_ID_SIZE = 80,
};

struct drain {
    struct lag_course course;
    struct bench_usage usage;
    struct bench_fairness fairness;
};

static enum status fail(const char *what)
{
    fprintf(stderr, "scale: %s\n", what);
    return STATUS_UNAVAILABLE;
}

static int64_t lag_now(struct bench *bench)
{
    struct bus_lag lag;
    return bus_lag(bench->tools->bus, STREAM_EMOTIONS, &lag) == STATUS_OK ? (int64_t)lag.pending
                                                                          : -1;
}

/* Asking makes the streams, if the bus has none yet. */
static enum status nothing_waits(struct bench *bench)
{
    int64_t lag = lag_now(bench);
    if (lag == 0)
        return STATUS_OK;
    return fail(lag < 0 ? "the bus does not tell how much waits"
                        : "events wait already: these engines are not its own");
}

/* A day of everybody's feelings, in the order of time, as they pile up while the workers are down.
 */
static enum status backlog_publish(struct bench *bench)
{
    const struct bench_options *options = bench->options;
    struct event_totals totals = {0};
    struct event_sender sender;
    int64_t born_us = clock_now_us(bench->tools->clock);
    enum status status = nothing_waits(bench);
    event_sender_init(&sender, NULL, NULL, bench->tools->bus, &totals);
    for (int64_t i = 0; i < options->events && status == STATUS_OK; i++) {
        uint64_t drawn = chance_of((uint64_t)born_us, 0, (uint64_t)i);
        struct simulated_event event = {
            .at_us = born_us - DAY_US + i * (DAY_US / options->events),
            .feeling = "joy",
            .positivity = (int32_t)chance_below(drawn, MILLIONTHS),
            .intensity = (int32_t)chance_below(splitmix_next(&drawn), MILLIONTHS),
            .stress = (int32_t)chance_below(splitmix_next(&drawn), MILLIONTHS),
        };
        struct account *account =
            &bench->accounts[chance_below(splitmix_next(&drawn), options->people)];
        char id[EVENT_ID_SIZE];
        snprintf(id, sizeof id, "bench-%lld-%lld", (long long)born_us, (long long)i);
        status = event_sender_send(&sender, account, &event, id);
        if (i % 4096 == 0) {
            int64_t taken_us = clock_now_us(bench->tools->clock) - born_us + 1;
            report_progress("publish", i, options->events, i * SECOND_US / taken_us);
        }
        if (atomic_load(bench->stop))
            status = STATUS_TIMED_OUT;
    }
    enum status flushed = event_sender_flush(&sender);
    event_sender_free(&sender);
    if (status != STATUS_OK)
        return status;
    if (flushed != STATUS_OK || atomic_load(&totals.feelings) != options->events)
        return fail("the bus did not confirm all events");
    return lag_now(bench) == options->events
               ? STATUS_OK
               : fail("other events came, or some were counted: these engines are not its own");
}

/* Watches the lag until nothing is left. */
static enum status drain_watch(struct bench *bench, const struct children *workers,
                               const char *name, struct drain *drain)
{
    struct lag_course *course = &drain->course;
    struct bench_usage from = {0}, to;
    int64_t least = INT64_MAX, moved_us = clock_monotonic_us(bench->tools->clock);
    while (course->end_us == 0) {
        int64_t lag = lag_now(bench), now_us = clock_monotonic_us(bench->tools->clock);
        bool fell = course->first_us != 0;
        if (atomic_load(bench->stop))
            return STATUS_TIMED_OUT;
        if (lag < 0)
            return fail("the bus does not tell how much waits");
        lag_course_add(course, now_us, lag);
        if (!fell && course->first_us != 0 && children_usage(workers, &from) != STATUS_OK)
            return fail("processor times cannot be read");
        if (lag < least) {
            least = lag;
            moved_us = now_us;
        }
        if (now_us - moved_us > SILENCE_US)
            return fail("the workers count nothing more");
        report_progress(name, bench->options->events - lag, bench->options->events,
                        (int64_t)((double)(course->first_lag - lag) * SECOND_US /
                                  (double)(now_us - course->first_us + 1)));
        steady_pause(SAMPLE_MS * 1000);
    }
    if (children_usage(workers, &to) != STATUS_OK)
        return fail("processor times cannot be read");
    drain->usage = bench_usage_between(&from, &to);
    return STATUS_OK;
}

static enum status shares_read(struct bench *bench, const struct children *workers,
                               struct drain *drain)
{
    int64_t counted[BENCH_PROCESSES_MAX], all = 0;
    enum status status = children_metric(workers, "ecs_events_counted_total{stream=\"emotions\"} ",
                                         bench->stop, counted);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < workers->count; i++)
        all += counted[i];
    drain->fairness = bench_fairness_of(counted, workers->count);
    return all == bench->options->events ? STATUS_OK
                                         : fail("what the workers counted is not the backlog");
}

static enum status drain_measure(struct bench *bench, size_t count, const char *name,
                                 struct drain *drain)
{
    struct children workers;
    *drain = (struct drain){.course = {.most = bench->options->events}};
    enum status status = backlog_publish(bench);
    if (status == STATUS_OK)
        status = children_start(&workers, "emotion-processing", count);
    if (status != STATUS_OK)
        return status;
    /* The first to serve begins to count: the lag is watched before all serve. */
    status = drain_watch(bench, &workers, name, drain);
    if (status == STATUS_OK)
        status = children_wait(&workers, bench->stop);
    if (status == STATUS_OK)
        status = shares_read(bench, &workers, drain);
    enum status stopped = children_stop(&workers);
    status = status == STATUS_OK ? stopped : status;
    if (status == STATUS_OK && lag_course_rate(&drain->course) == 0)
        return fail("the backlog is too small to be measured: more --events");
    return status;
}

static void row_add(struct bench *bench, struct buf *table, size_t count, const struct drain *drain,
                    double before)
{
    const struct lag_course *course = &drain->course;
    double rate = lag_course_rate(course);
    buf_printf(table, "\n%7zu %9.0f %11lld %7.2f %7.2f  %3.0f–%-3.0f ", count, rate,
               (long long)course->most, (double)(course->half_us - course->first_us) / 1e6,
               (double)(course->end_us - course->first_us) / 1e6, drain->fairness.least,
               drain->fairness.most);
    bench_usage_add(table, &drain->usage, rate, before);
    bench_row_begin(&bench->report, "emotion events counted", count, rate);
    json_put_integer(&bench->report, "largest_lag", course->most);
    json_put_decimal(&bench->report, "half_seconds", course->half_us - course->first_us, 6);
    json_put_decimal(&bench->report, "all_seconds", course->end_us - course->first_us, 6);
    bench_row_end(&bench->report, &drain->fairness, &drain->usage, rate, before);
}

enum status bench_workers(struct bench *bench)
{
    const struct bench_counts *counts = &bench->options->workers;
    struct drain drain;
    struct buf table;
    double before = 0;
    buf_init(&table, BENCH_TABLE_MAX);
    buf_printf(&table,
               "Backlogs of %lld emotion events of %lld people\n\n"
               "workers  events/s largest lag  half s   all s  share %%  " BENCH_USAGE_HEAD,
               (long long)bench->options->events, (long long)bench->options->people);
    enum status status = drain_measure(bench, counts->counts[0], "warm-up", &drain);
    for (size_t i = 0; i < counts->count && status == STATUS_OK; i++) {
        char name[NAME_SIZE];
        snprintf(name, sizeof name, "workers %zu", counts->counts[i]);
        status = drain_measure(bench, counts->counts[i], name, &drain);
        if (status == STATUS_OK)
            row_add(bench, &table, counts->counts[i], &drain, before);
        before = lag_course_rate(&drain.course);
    }
    report_status_end();
    report_line("\n%s", buf_slice(&table).data);
    buf_free(&table);
    return status;
}
