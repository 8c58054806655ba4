/* SPDX-License-Identifier: Apache-2.0 */
#include "http/pool.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process/steady.h"

enum {
    MODEST_PART = 4,
    TOGETHER_THREADS = 2,     /* of a kind, before others wait to be taken together */
    TOGETHER_LONG_US = 100000 /* a batch that takes longer is not counted among these */
};

TAILQ_HEAD(job_queue, queued_job);

/* Jobs that are run together. */
struct pool_kind {
    const void *name; /* NULL: the place is free */
    pool_batch *run;
    size_t at_once; /* a thread takes so many at most */
    size_t waiting;
    size_t running; /* threads that are at it, and not for long */
};

struct queued_job {
    TAILQ_ENTRY(queued_job) place;
    uint64_t caller;
    uint64_t turn; /* one more than that of the caller's job before it; the least is run next */
    struct pool_kind *kind; /* NULL: it is run alone, by the next */
    pool_job *run;
    pool_expired *expired;
    void *argument;
    int64_t since_us; /* steady */
};

struct pool_worker {
    struct pool *pool;
    struct role_context *context;
    pthread_t thread;
    struct pool_kind *counted; /* among the running ones of this kind; NULL: of none */
    int64_t since_us;          /* and since when */
};

/* The lock guards all that changes. */
struct pool {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job_queue queue; /* as they came */
    struct job_queue spare;
    struct queued_job jobs[HTTP_POOL_QUEUE_MAX];
    size_t count;  /* of those that are queued */
    size_t idle;   /* threads that wait */
    uint64_t turn; /* of the job that was run last, or of one before it that had to wait */
    struct pool_kind kinds[HTTP_ENDPOINTS_MAX];
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

static bool may_run(const struct pool *pool, const struct queued_job *job)
{
    const struct pool_kind *kind = job->kind;
    return kind == NULL || pool->stopping || kind->running < TOGETHER_THREADS ||
           kind->waiting >= kind->at_once;
}

/* The job whose turn it is: of that kind, or with NULL of those that may run. NULL: there is none.
 */
static struct queued_job *job_next(const struct pool *pool, const struct pool_kind *kind)
{
    struct queued_job *next = NULL, *job;
    TAILQ_FOREACH(job, &pool->queue, place) {
        if ((next == NULL || job->turn < next->turn) &&
            (kind == NULL ? may_run(pool, job) : job->kind == kind))
            next = job;
    }
    return next;
}

/* Takes a job out of the queue. */
static struct queued_job job_take(struct pool *pool, struct queued_job *job)
{
    assert(pool->count > 0);
    TAILQ_REMOVE(&pool->queue, job, place);
    TAILQ_INSERT_HEAD(&pool->spare, job, place);
    pool->count--;
    if (job->kind != NULL)
        job->kind->waiting--;
    assert(pool_sane(pool));
    return *job;
}

static struct pool_kind *kind_of(struct pool *pool, const void *name, pool_batch *run)
{
    struct pool_kind *kind = pool->kinds;
    while (kind->name != NULL && kind->name != name)
        kind++;
    assert(kind < pool->kinds + HTTP_ENDPOINTS_MAX);
    if (kind->name == NULL)
        *kind = (struct pool_kind){.name = name, .run = run, .at_once = REQUESTS_AT_ONCE_MAX};
    return kind;
}

/* The thread is no longer among those that are at a kind. */
static void batch_forget(struct pool_worker *worker)
{
    if (worker->counted != NULL)
        worker->counted->running--;
    worker->counted = NULL;
}

static void long_batches_forget(struct pool *pool, int64_t now_us)
{
    for (size_t i = 0; i < pool->worker_count; i++)
        if (now_us - pool->workers[i].since_us > TOGETHER_LONG_US)
            batch_forget(&pool->workers[i]);
}

/* Wakes a thread if one waits and there is something for it. */
static void others_rouse(struct pool *pool)
{
    if (pool->idle > 0 && job_next(pool, NULL) != NULL)
        pthread_cond_signal(&pool->changed);
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

static void job_add(struct pool *pool, const struct queued_job *new)
{
    struct queued_job *job = TAILQ_FIRST(&pool->spare);
    TAILQ_REMOVE(&pool->spare, job, place);
    *job = *new;
    TAILQ_INSERT_TAIL(&pool->queue, job, place);
    pool->count++;
    if (job->kind != NULL)
        job->kind->waiting++;
    assert(pool_sane(pool));
    long_batches_forget(pool, job->since_us);
    if (may_run(pool, job))
        pthread_cond_signal(&pool->changed);
}

/* With the lock held, which it gives back. */
static bool submit(struct pool *pool, bool modest, struct queued_job *job)
{
    struct queued_job displaced = {0};
    assert(!pool->stopping && pool_sane(pool));
    job->turn = turn_of(pool, job->caller);
    job->since_us = steady_now_us();
    if (pool->count == pool->places && !modest)
        displaced = job_displace(pool, job->turn);
    bool taken = pool->count < (modest ? pool->places / MODEST_PART : pool->places);
    if (taken)
        job_add(pool, job);
    pthread_mutex_unlock(&pool->lock);
    if (displaced.expired != NULL)
        displaced.expired(displaced.argument);
    return taken;
}

bool pool_submit(struct pool *pool, uint64_t caller, bool modest, pool_job *run,
                 pool_expired *expired, void *argument)
{
    struct queued_job job = {
        .caller = caller, .run = run, .expired = expired, .argument = argument};
    pthread_mutex_lock(&pool->lock);
    return submit(pool, modest, &job);
}

bool pool_submit_batched(struct pool *pool, uint64_t caller, const void *kind, pool_batch *run,
                         pool_expired *expired, void *argument)
{
    struct queued_job job = {.caller = caller, .expired = expired, .argument = argument};
    pthread_mutex_lock(&pool->lock);
    job.kind = kind_of(pool, kind, run);
    return submit(pool, false, &job);
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
    long_batches_forget(pool, steady_now_us());
    others_rouse(pool);
    pthread_mutex_unlock(&pool->lock);
}

/* A job, or several of a kind, that a thread has taken. */
struct taken {
    struct queued_job first;
    void *arguments[REQUESTS_AT_ONCE_MAX];
    size_t count;
};

static void batch_take(struct pool_worker *worker, struct taken *taken)
{
    struct pool_kind *kind = taken->first.kind;
    struct queued_job *next;
    assert(kind->at_once > 0 && kind->at_once <= REQUESTS_AT_ONCE_MAX);
    while (taken->count < kind->at_once && (next = job_next(worker->pool, kind)) != NULL)
        taken->arguments[taken->count++] = job_take(worker->pool, next).argument;
    kind->running++;
    worker->counted = kind;
    worker->since_us = steady_now_us();
}

/* Waits for a job; false once the pool stops and the queue is empty. */
static bool pool_take(struct pool_worker *worker, struct taken *taken)
{
    struct pool *pool = worker->pool;
    struct queued_job *next;
    pthread_mutex_lock(&pool->lock);
    batch_forget(worker);
    while ((next = job_next(pool, NULL)) == NULL && !pool->stopping) {
        pool->idle++;
        pthread_cond_wait(&pool->changed, &pool->lock);
        pool->idle--;
    }
    if (next != NULL) {
        taken->first = job_take(pool, next);
        taken->arguments[0] = taken->first.argument;
        taken->count = 1;
        if (taken->first.turn > pool->turn)
            pool->turn = taken->first.turn;
        if (taken->first.kind != NULL)
            batch_take(worker, taken);
        others_rouse(pool);
    }
    pthread_mutex_unlock(&pool->lock);
    return next != NULL;
}

static void batch_run(struct pool_worker *worker, struct taken *taken)
{
    struct pool_kind *kind = taken->first.kind;
    size_t at_once = kind->run(worker->context, taken->arguments, taken->count);
    assert(at_once > 0);
    pthread_mutex_lock(&worker->pool->lock);
    kind->at_once = at_once < REQUESTS_AT_ONCE_MAX ? at_once : REQUESTS_AT_ONCE_MAX;
    pthread_mutex_unlock(&worker->pool->lock);
}

static void *pool_work(void *argument)
{
    struct pool_worker *worker = argument;
    struct taken taken;
    if (worker->pool->nice > 0)
        setpriority(PRIO_PROCESS, (id_t)gettid(), worker->pool->nice);
    while (pool_take(worker, &taken)) {
        if (taken.first.kind == NULL)
            taken.first.run(worker->context, taken.first.argument);
        else
            batch_run(worker, &taken);
    }
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
