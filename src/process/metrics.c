/* SPDX-License-Identifier: Apache-2.0
 *
 * A flat array of atomics, metric by label: a few kilobytes, no allocation, and no lock but for the
 * few facts that are text.
 */
#include "process/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

enum metric_kind { KIND_COUNTER, KIND_GAUGE, KIND_HISTOGRAM };

struct metric_row {
    enum metric_kind kind;
    const char *name;
    const char *help;
    const char *label;
};

static const struct metric_row rows[METRIC_COUNT] = {
#define COUNTER(name, help, label) {KIND_COUNTER, #name, help, label},
#define GAUGE(name, help, label) {KIND_GAUGE, #name, help, label},
#define HISTOGRAM(name, help) {KIND_HISTOGRAM, #name, help, NULL},
#include "process/metrics.def"
};

static const char *const label_names[LABEL_COUNT] = {
    "",
#define LABEL(name) #name,
#include "process/metrics.def"
};

/* Upper edges; the last bucket has none. */
static const int64_t bucket_us[] = {100,   250,   500,    1000,   2500,   5000,    10000,
                                    25000, 50000, 100000, 250000, 500000, 1000000, 5000000};
enum { BUCKETS = sizeof bucket_us / sizeof bucket_us[0] + 1 };

static _Atomic int64_t values[METRIC_COUNT][LABEL_COUNT];
static _Atomic int touched[METRIC_COUNT][LABEL_COUNT];
static _Atomic int64_t buckets[METRIC_COUNT][BUCKETS];

enum metric_label metric_label_of(const char *name)
{
    for (int label = LABEL_NONE + 1; label < LABEL_COUNT; label++)
        if (strcmp(label_names[label], name) == 0)
            return (enum metric_label)label;
    return LABEL_NONE;
}

void metric_add(enum metric metric, enum metric_label label, int64_t by)
{
    assert(rows[metric].kind != KIND_COUNTER || by >= 0);
    assert(rows[metric].label != NULL || label == LABEL_NONE);
    atomic_fetch_add_explicit(&values[metric][label], by, memory_order_relaxed);
    atomic_store_explicit(&touched[metric][label], 1, memory_order_relaxed);
}

void metric_set(enum metric metric, enum metric_label label, int64_t value)
{
    assert(rows[metric].kind == KIND_GAUGE);
    assert(rows[metric].label != NULL || label == LABEL_NONE);
    atomic_store_explicit(&values[metric][label], value, memory_order_relaxed);
    atomic_store_explicit(&touched[metric][label], 1, memory_order_relaxed);
}

void metric_observe_us(enum metric metric, int64_t duration_us)
{
    assert(rows[metric].kind == KIND_HISTOGRAM);
    size_t bucket = 0;
    while (bucket < BUCKETS - 1 && duration_us > bucket_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&buckets[metric][bucket], 1, memory_order_relaxed);
    metric_add(metric, LABEL_NONE, duration_us);
}

int64_t metric_value(enum metric metric, enum metric_label label)
{
    return atomic_load_explicit(&values[metric][label], memory_order_relaxed);
}

/* Whether its values are microseconds, which are written in seconds, the base unit of Prometheus.
 */
static bool is_duration(const struct metric_row *row)
{
    size_t size = strlen(row->name);
    return size > 3 && strcmp(row->name + size - 3, "_us") == 0;
}

/* Its name as it is written, after ecs_. */
static void write_name(struct buf *out, const struct metric_row *row)
{
    const char *suffix = row->kind == KIND_COUNTER ? "_total" : is_duration(row) ? "_seconds" : "";
    int stem = (int)strlen(row->name) - (is_duration(row) ? 3 : 0);
    buf_printf(out, "ecs_%.*s%s", stem, row->name, suffix);
}

static void write_values(struct buf *out, enum metric metric)
{
    const struct metric_row *row = &rows[metric];
    for (int label = 0; label < LABEL_COUNT; label++) {
        if (!atomic_load_explicit(&touched[metric][label], memory_order_relaxed) &&
            !(row->label == NULL && label == LABEL_NONE))
            continue;
        int64_t value = metric_value(metric, (enum metric_label)label);
        write_name(out, row);
        if (label != LABEL_NONE)
            buf_printf(out, "{%s=\"%s\"}", row->label, label_names[label]);
        if (is_duration(row))
            buf_printf(out, " %.6f\n", (double)value / 1e6);
        else
            buf_printf(out, " %" PRId64 "\n", value);
    }
}

static void write_histogram(struct buf *out, enum metric metric)
{
    const struct metric_row *row = &rows[metric];
    int64_t total = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        total += atomic_load_explicit(&buckets[metric][i], memory_order_relaxed);
        write_name(out, row);
        if (i < BUCKETS - 1)
            buf_printf(out, "_bucket{le=\"%g\"} %" PRId64 "\n", (double)bucket_us[i] / 1e6, total);
        else
            buf_printf(out, "_bucket{le=\"+Inf\"} %" PRId64 "\n", total);
    }
    write_name(out, row);
    buf_printf(out, "_sum %.6f\n", (double)metric_value(metric, LABEL_NONE) / 1e6);
    write_name(out, row);
    buf_printf(out, "_count %" PRId64 "\n", total);
}

static const struct metric_row infos[INFO_COUNT] = {
#define INFO(name, help, label) {KIND_GAUGE, #name, help, label},
#include "process/metrics.def"
};
static pthread_mutex_t info_lock = PTHREAD_MUTEX_INITIALIZER;
static char info_values[INFO_COUNT][METRIC_INFO_MAX + 1]; /* "": not told */

void metric_tell(enum metric_info info, const char *value)
{
    pthread_mutex_lock(&info_lock);
    snprintf(info_values[info], sizeof info_values[info], "%s", value);
    pthread_mutex_unlock(&info_lock);
}

static void write_infos(struct buf *out)
{
    pthread_mutex_lock(&info_lock);
    for (int info = 0; info < INFO_COUNT; info++) {
        const struct metric_row *row = &infos[info];
        if (info_values[info][0] == '\0')
            continue;
        buf_printf(out, "# HELP ecs_%s_info %s\n# TYPE ecs_%s_info gauge\n", row->name, row->help,
                   row->name);
        buf_printf(out, "ecs_%s_info{%s=\"%s\"} 1\n", row->name, row->label, info_values[info]);
    }
    pthread_mutex_unlock(&info_lock);
}

void metrics_write(struct buf *out)
{
    write_infos(out);
    static const char *const kinds[] = {"counter", "gauge", "histogram"};
    for (int metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &rows[metric];
        buf_printf(out, "# HELP ");
        write_name(out, row);
        buf_printf(out, " %s\n# TYPE ", row->help);
        write_name(out, row);
        buf_printf(out, " %s\n", kinds[row->kind]);
        if (row->kind == KIND_HISTOGRAM)
            write_histogram(out, (enum metric)metric);
        else
            write_values(out, (enum metric)metric);
    }
}
