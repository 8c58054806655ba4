/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/steady.h"

struct queued_job {
    pool_job *run;
    pool_expired *expired;
    void *argument;
    int64_t since_us; /* steady */
};

struct pool_worker {
    struct pool *pool;
    struct role_context *context;
    pthread_t thread;
};

/* The lock guards the ring; workers are written before they start only. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct queued_job ring[HTTP_POOL_QUEUE_MAX];
    size_t first;
    size_t count;
    bool stopping;
    int nice;
    size_t worker_count;
    struct pool_worker workers[];
};

bool pool_submit(struct pool *pool, pool_job *job, pool_expired *expired, void *argument,
                 size_t queue_max)
{
    pthread_mutex_lock(&pool->lock);
    bool taken = pool->count < queue_max;
    if (taken) {
        size_t at = (pool->first + pool->count++) % HTTP_POOL_QUEUE_MAX;
        pool->ring[at] = (struct queued_job){job, expired, argument, steady_now_us()};
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

/* The job that has waited longest. There is one, and the lock is held. */
static struct queued_job queue_pop(struct pool *pool)
{
    struct queued_job job = pool->ring[pool->first];
    pool->first = (pool->first + 1) % HTTP_POOL_QUEUE_MAX;
    pool->count--;
    return job;
}

void pool_expire(struct pool *pool, int64_t age_us)
{
    int64_t before_us = steady_now_us() - age_us;
    pthread_mutex_lock(&pool->lock);
    while (pool->count > 0 && pool->ring[pool->first].since_us <= before_us) {
        struct queued_job job = queue_pop(pool);
        pthread_mutex_unlock(&pool->lock);
        job.expired(job.argument);
        pthread_mutex_lock(&pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

/* Waits for a job; false once the pool stops and the queue is empty. */
static bool pool_take(struct pool *pool, struct queued_job *job)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->count == 0 && !pool->stopping)
        pthread_cond_wait(&pool->changed, &pool->lock);
    bool taken = pool->count > 0;
    if (taken)
        *job = queue_pop(pool);
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

static void *pool_work(void *argument)
{
    const struct pool_worker *worker = argument;
    struct queued_job job;
    if (worker->pool->nice > 0)
        setpriority(PRIO_PROCESS, (id_t)gettid(), worker->pool->nice);
    while (pool_take(worker->pool, &job))
        job.run(worker->context, job.argument);
    return NULL;
}

enum status pool_start(struct role_context *const contexts[], size_t count, int nice,
                       struct pool **out)
{
    size_t workers = count == 0 ? 1 : count;
    struct pool *pool = calloc(1, sizeof *pool + workers * sizeof pool->workers[0]);
    if (pool == NULL)
        return STATUS_UNAVAILABLE;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->nice = nice;
    for (size_t i = 0; i < workers; i++) {
        struct pool_worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->context = count == 0 ? NULL : contexts[i];
        if (pthread_create(&worker->thread, NULL, pool_work, worker) != 0) {
            pool_stop(pool);
            return STATUS_UNAVAILABLE;
        }
        pool->worker_count++;
    }
    *out = pool;
    return STATUS_OK;
}

void pool_stop(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->worker_count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
