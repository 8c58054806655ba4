/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters, gauges and histograms of this process: metrics.def. All functions are safe from any
 * thread; but for metric_tell they never block.
 */
#ifndef ECS_PROCESS_METRICS_H
#define ECS_PROCESS_METRICS_H

#include <stdint.h>

#include "base/buf.h"

enum metric {
#define COUNTER(name, help, label) METRIC_##name,
#define GAUGE(name, help, label) METRIC_##name,
#define HISTOGRAM(name, help) METRIC_##name,
#include "process/metrics.def"
    METRIC_COUNT
};

/* Facts about this process, told as the label of a metric that is 1. */
enum metric_info {
#define INFO(name, help, label) INFO_##name,
#include "process/metrics.def"
    INFO_COUNT
};
enum { METRIC_INFO_MAX = 64 };

/* Label values: a small closed list for all metrics, so that a label can never be made of input. */
enum metric_label {
    LABEL_NONE,
#define LABEL(name) LABEL_##name,
#include "process/metrics.def"
    LABEL_COUNT
};

/* The label of that name; LABEL_NONE if there is none. */
enum metric_label metric_label_of(const char *name);

void metric_add(enum metric metric, enum metric_label label, int64_t by);
void metric_set(enum metric metric, enum metric_label label, int64_t value);
void metric_observe_us(enum metric metric, int64_t duration_us);
/* `value` is cut to METRIC_INFO_MAX bytes, and has no quotes, backslashes or line ends. */
void metric_tell(enum metric_info info, const char *value);
int64_t metric_value(enum metric metric, enum metric_label label);
/* Prometheus text format 0.0.4. */
void metrics_write(struct buf *out);

#endif
