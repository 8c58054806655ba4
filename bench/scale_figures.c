/* SPDX-License-Identifier: Apache-2.0 */
#include "scale_figures.h"

#include <stdlib.h>

#include "limits.h"

enum bench_limit bench_limit_of(double idle_percent, double rate, double rate_before)
{
    if (idle_percent < BENCH_IDLE_MIN)
        return LIMIT_MACHINE;
    if (rate_before > 0 && rate * 100 < rate_before * (100 + BENCH_GAIN_MIN))
        return LIMIT_DESIGN;
    return LIMIT_PROCESSES;
}

const char *bench_limit_name(enum bench_limit limit)
{
    static const char *const names[] = {
        [LIMIT_MACHINE] = "machine", [LIMIT_DESIGN] = "design", [LIMIT_PROCESSES] = "processes"};
    return names[limit];
}

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t bench_percentile(int64_t values[], size_t count, size_t percent)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof values[0], ascending);
    return values[(count * percent + 99) / 100 - 1];
}

double bench_percent(int64_t part, int64_t all)
{
    return all == 0 ? 0 : (double)part * 100 / (double)all;
}

struct bench_fairness bench_fairness_of(const int64_t done[], size_t count)
{
    int64_t least = done[0], most = done[0], all = 0;
    for (size_t i = 0; i < count; i++) {
        least = done[i] < least ? done[i] : least;
        most = done[i] > most ? done[i] : most;
        all += done[i];
    }
    return (struct bench_fairness){bench_percent(least, all), bench_percent(most, all)};
}

void lag_course_add(struct lag_course *course, int64_t now_us, int64_t lag)
{
    if (course->first_us == 0 && lag >= course->most) {
        course->most = lag;
        return;
    }
    if (course->first_us == 0) {
        course->first_us = now_us;
        course->first_lag = lag;
    }
    if (course->half_us == 0 && lag * 2 <= course->first_lag)
        course->half_us = now_us;
    if (course->end_us == 0 && lag == 0)
        course->end_us = now_us;
}

double lag_course_rate(const struct lag_course *course)
{
    if (course->end_us <= course->first_us)
        return 0;
    return (double)course->first_lag * SECOND_US / (double)(course->end_us - course->first_us);
}

struct bench_usage bench_usage_between(const struct bench_usage *from, const struct bench_usage *to)
{
    return (struct bench_usage){to->all - from->all, to->idle - from->idle, to->ecs - from->ecs,
                                to->load - from->load};
}
