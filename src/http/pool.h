/* SPDX-License-Identifier: Apache-2.0
 *
 * Where requests wait for a thread: jobs → a queue → threads that may block, one for each role
 * context. Callers take turns, and each caller's jobs are run in the order they came: who has many
 * waiting holds up nobody but themselves. When all places are taken, a new job has that of whoever
 * has most waiting, or else is refused, so that overload is answered at once. What has waited too
 * long expires instead of being run, also while every thread hangs.
 *
 * Jobs of one kind may be run together: a thread that takes one also takes the others that wait, in
 * turn, up to a bound, and never waits for more. While two threads are at a kind its further jobs
 * gather, so that they are done together; a third begins when a whole batch has gathered, or when
 * the two take long.
 */
#ifndef ECS_HTTP_POOL_H
#define ECS_HTTP_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "ports/endpoint.h"

struct pool;
typedef void pool_job(struct role_context *context, void *argument);
typedef void pool_expired(void *argument);
/* Runs up to REQUESTS_AT_ONCE_MAX jobs of a kind, and tells how many at once, 1 or more, it would
 * have the next time. */
typedef size_t pool_batch(struct role_context *context, void *arguments[], size_t count);

/* Without contexts there is one thread, which has none. `places`: for jobs that wait, at most
 * HTTP_POOL_QUEUE_MAX. `nice`: how far threads let others of the machine go first, as of
 * setpriority; 0: not at all. */
MUST_CHECK enum status pool_start(struct role_context *const contexts[], size_t count,
                                  size_t places, int nice, struct pool **pool);
/* Either `job` or `expired` will be called, the latter perhaps by another thread's pool_submit.
 * False: neither, for all places are taken, or a quarter of them if the job is a `modest` one,
 * which leaves the rest to others. `caller`: whose job it is. Never blocks; any thread. */
MUST_CHECK bool pool_submit(struct pool *pool, uint64_t caller, bool modest, pool_job *job,
                            pool_expired *expired, void *argument);
/* The same for a job that may be run together with others of its kind, which is known by an address
 * and always has the same `run`. */
MUST_CHECK bool pool_submit_batched(struct pool *pool, uint64_t caller, const void *kind,
                                    pool_batch *run, pool_expired *expired, void *argument);
/* Ends the jobs that have waited for `age_us`, on the calling thread. Any thread. */
void pool_expire(struct pool *pool, int64_t age_us);
/* Runs what was submitted, then joins the threads. */
void pool_stop(struct pool *pool);

#endif
