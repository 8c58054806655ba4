/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steady.h"

#include <assert.h>
#include <time.h>

#include "limits.h"

static struct timespec timespec_of(int64_t us)
{
    assert(us >= 0);
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

void stop_init(struct stop *stop)
{
    pthread_mutex_init(&stop->lock, NULL);
    steady_condition_init(&stop->changed);
    stop->set = false;
}

void stop_destroy(struct stop *stop)
{
    pthread_cond_destroy(&stop->changed);
    pthread_mutex_destroy(&stop->lock);
}

void stop_set(struct stop *stop)
{
    pthread_mutex_lock(&stop->lock);
    stop->set = true;
    pthread_cond_broadcast(&stop->changed);
    pthread_mutex_unlock(&stop->lock);
}

bool stop_wait(struct stop *stop, int64_t wait_us)
{
    int64_t until_us = steady_now_us() + wait_us;
    pthread_mutex_lock(&stop->lock);
    while (!stop->set && steady_wait(&stop->changed, &stop->lock, until_us))
        ;
    bool set = stop->set;
    pthread_mutex_unlock(&stop->lock);
    return set;
}
