/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/stop.h"

#include "limits.h"
#include "process/steady.h"

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
