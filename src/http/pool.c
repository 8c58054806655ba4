/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/steady.h"

enum { MODEST_PART = 4 };

TAILQ_HEAD(job_queue, queued_job);

struct queued_job {
    TAILQ_ENTRY(queued_job) place;
    uint64_t caller;
    uint64_t turn; /* one more than that of the caller's job before it; the least is run next */
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

/* The lock guards what is queued; workers are written before they start only. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job_queue queue; /* as they came */
    struct job_queue spare;
    struct queued_job jobs[HTTP_POOL_QUEUE_MAX];
    size_t count;  /* of those that are queued */
    uint64_t turn; /* of the job that was run last */
    bool stopping;
    size_t places;
    int nice;
    size_t worker_count;
    struct pool_worker workers[];
};

/* With the lock held, as what follows: each job is in one of the two lists. */
static bool pool_sane(const struct pool *pool)
{
    return pool->count <= pool->places && (pool->count == 0) == TAILQ_EMPTY(&pool->queue) &&
           (pool->count == HTTP_POOL_QUEUE_MAX) == TAILQ_EMPTY(&pool->spare);
}

/* The turn of the caller's next job. */
static uint64_t turn_of(const struct pool *pool, uint64_t caller)
{
    const struct queued_job *before;
    TAILQ_FOREACH_REVERSE(before, &pool->queue, job_queue, place) {
        if (before->caller == caller)
            return before->turn + 1;
    }
    return pool->turn + 1;
}

/* The job whose turn it is. There is one. */
static struct queued_job *job_next(const struct pool *pool)
{
    struct queued_job *next = TAILQ_FIRST(&pool->queue), *job;
    TAILQ_FOREACH(job, &pool->queue, place) {
        if (job->turn < next->turn)
            next = job;
    }
    return next;
}

/* Takes a job out of the queue. */
static struct queued_job job_take(struct pool *pool, struct queued_job *job)
{
    assert(pool->count > 0 && job->turn >= pool->turn);
    TAILQ_REMOVE(&pool->queue, job, place);
    TAILQ_INSERT_HEAD(&pool->spare, job, place);
    pool->count--;
    assert(pool_sane(pool));
    return *job;
}

/* Makes room for a job of that turn, if the last in turn is somebody's who has more waiting. That
 * one is no longer queued, and is to expire; without a function if there is none. */
static struct queued_job job_displace(struct pool *pool, uint64_t turn)
{
    struct queued_job *last = TAILQ_FIRST(&pool->queue), *job;
    TAILQ_FOREACH(job, &pool->queue, place) {
        if (job->turn >= last->turn)
            last = job;
    }
    return last->turn > turn ? job_take(pool, last) : (struct queued_job){0};
}

bool pool_submit(struct pool *pool, uint64_t caller, bool modest, pool_job *run,
                 pool_expired *expired, void *argument)
{
    struct queued_job displaced = {0};
    pthread_mutex_lock(&pool->lock);
    assert(!pool->stopping && pool_sane(pool));
    uint64_t turn = turn_of(pool, caller);
    if (pool->count == pool->places && !modest)
        displaced = job_displace(pool, turn);
    bool taken = pool->count < (modest ? pool->places / MODEST_PART : pool->places);
    if (taken) {
        struct queued_job *job = TAILQ_FIRST(&pool->spare);
        TAILQ_REMOVE(&pool->spare, job, place);
        *job = (struct queued_job){.caller = caller,
                                   .turn = turn,
                                   .run = run,
                                   .expired = expired,
                                   .argument = argument,
                                   .since_us = steady_now_us()};
        TAILQ_INSERT_TAIL(&pool->queue, job, place);
        pool->count++;
        assert(turn > pool->turn && pool_sane(pool));
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->lock);
    if (displaced.expired != NULL)
        displaced.expired(displaced.argument);
    return taken;
}

void pool_expire(struct pool *pool, int64_t age_us)
{
    int64_t before_us = steady_now_us() - age_us;
    pthread_mutex_lock(&pool->lock);
    struct queued_job *first;
    while ((first = TAILQ_FIRST(&pool->queue)) != NULL && first->since_us <= before_us) {
        struct queued_job job = job_take(pool, first);
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
    if (taken) {
        *job = job_take(pool, job_next(pool));
        pool->turn = job->turn;
    }
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

enum status pool_start(struct role_context *const contexts[], size_t count, size_t places, int nice,
                       struct pool **out)
{
    assert(places > 0 && places <= HTTP_POOL_QUEUE_MAX);
    size_t workers = count == 0 ? 1 : count;
    struct pool *pool = calloc(1, sizeof *pool + workers * sizeof pool->workers[0]);
    if (pool == NULL)
        return STATUS_UNAVAILABLE;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->places = places;
    pool->nice = nice;
    TAILQ_INIT(&pool->queue);
    TAILQ_INIT(&pool->spare);
    for (size_t i = 0; i < HTTP_POOL_QUEUE_MAX; i++)
        TAILQ_INSERT_TAIL(&pool->spare, &pool->jobs[i], place);
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
    assert(!pool->stopping);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->worker_count; i++)
        pthread_join(pool->workers[i].thread, NULL);
    assert(pool->count == 0);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
