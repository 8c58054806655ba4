/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/parallel.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { HELPERS_MAX = 63 };

struct run {
    size_t count;
    parallel_work *work;
    void *context;
    atomic_size_t next;
    _Atomic enum status status;
};

static size_t processors_usable(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof usable, &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
}

static void *pieces_do(void *context)
{
    struct run *run = context;
    size_t piece;
    while (atomic_load(&run->status) == STATUS_OK &&
           (piece = atomic_fetch_add(&run->next, 1)) < run->count) {
        enum status status = run->work(run->context, piece);
        if (status != STATUS_OK)
            atomic_store(&run->status, status);
    }
    return NULL;
}

enum status parallel_run(size_t count, parallel_work *work, void *context)
{
    struct run run = {.count = count, .work = work, .context = context};
    pthread_t helpers[HELPERS_MAX];
    size_t most = processors_usable() - 1, started = 0;
    while (started < most && started < HELPERS_MAX && started + 1 < count &&
           pthread_create(&helpers[started], NULL, pieces_do, &run) == 0)
        started++;
    pieces_do(&run);
    for (size_t i = 0; i < started; i++)
        pthread_join(helpers[i], NULL);
    assert(atomic_load(&run.status) != STATUS_OK || atomic_load(&run.next) >= count);
    return atomic_load(&run.status);
}
