/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steady.h"

#include <time.h>

#include "limits.h"

static struct timespec timespec_of(int64_t us)
{
    return (struct timespec){.tv_sec = (time_t)(us / SECOND_US),
                             .tv_nsec = (long)(us % SECOND_US) * 1000};
}

int64_t steady_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * SECOND_US + now.tv_nsec / 1000;
}

void steady_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool steady_wait(pthread_cond_t *condition, pthread_mutex_t *mutex, int64_t deadline_us)
{
    struct timespec deadline = timespec_of(deadline_us);
    return pthread_cond_timedwait(condition, mutex, &deadline) == 0;
}

void steady_pause(int64_t pause_us)
{
    struct timespec pause = timespec_of(pause_us);
    clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, NULL);
}
