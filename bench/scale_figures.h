/* SPDX-License-Identifier: Apache-2.0
 *
 * What `make bench-scale` makes of its measurements: pure functions of numbers.
 */
#ifndef ECS_BENCH_SCALE_FIGURES_H
#define ECS_BENCH_SCALE_FIGURES_H

#include <stddef.h>
#include <stdint.h>

/* What keeps so many processes from being faster. */
enum bench_limit {
    LIMIT_MACHINE,   /* no processor time is left: less than BENCH_IDLE_MIN percent */
    LIMIT_DESIGN,    /* it is, yet more processes are less than BENCH_GAIN_MIN percent faster */
    LIMIT_PROCESSES, /* neither: one more may help */
};
enum { BENCH_IDLE_MIN = 10, BENCH_GAIN_MIN = 10 };

/* `rate_before` is that of fewer processes; 0: there is none. */
enum bench_limit bench_limit_of(double idle_percent, double rate, double rate_before);
const char *bench_limit_name(enum bench_limit limit);

/* The least value that `percent` (1 to 100) of all are not above; sorts them. 0 of none. */
int64_t bench_percentile(int64_t values[], size_t count, size_t percent);

/* What the processes did of the whole, in percent: the one that did least, and most. */
struct bench_fairness {
    double least;
    double most;
};
/* `count` is not 0. */
struct bench_fairness bench_fairness_of(const int64_t done[], size_t count);

/* How a lag fell, sample by sample. Zeroed before the first. */
struct lag_course {
    int64_t most;      /* the largest lag */
    int64_t first_us;  /* when it was first seen below that; 0: not yet */
    int64_t first_lag; /* what it then was */
    int64_t half_us;   /* when it was first seen at half of `first_lag` or below; 0: not yet */
    int64_t end_us;    /* when it was first seen at 0; 0: not yet */
};
void lag_course_add(struct lag_course *course, int64_t now_us, int64_t lag);
/* Messages a second between the first fall and the end; 0: it fell at once, or has not ended. */
double lag_course_rate(const struct lag_course *course);

/* Processor time of a moment or, after bench_usage_between(), of a while, in clock ticks. */
struct bench_usage {
    int64_t all;  /* of all processors, idle or not */
    int64_t idle; /* waiting for a disk too */
    int64_t ecs;  /* of the processes that are measured */
    int64_t load; /* of this one */
};
struct bench_usage bench_usage_between(const struct bench_usage *from,
                                       const struct bench_usage *to);
/* `part` of all, in percent. */
double bench_percent(int64_t part, int64_t all);

#endif
