/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/stop.h"

#include <time.h>

#include "limits.h"

void stop_init(struct stop *stop)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&stop->lock, NULL);
    pthread_cond_init(&stop->changed, &attributes);
    pthread_condattr_destroy(&attributes);
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
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + wait_us % SECOND_US * 1000;
    until.tv_sec += wait_us / SECOND_US + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_mutex_lock(&stop->lock);
    while (!stop->set) {
        if (pthread_cond_timedwait(&stop->changed, &stop->lock, &until) != 0)
            break;
    }
    bool set = stop->set;
    pthread_mutex_unlock(&stop->lock);
    return set;
}
