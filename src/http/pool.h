/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs → threads that may block, one for each role context, in the order they came. At most
 * HTTP_POOL_QUEUE_MAX jobs wait; more are refused, so that overload is answered at once. What has
 * waited too long expires instead of being run, also while every thread hangs.
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

/* Without contexts there is one thread, which has none. `nice`: how far threads let others of the
 * machine go first, as of setpriority; 0: not at all. */
MUST_CHECK enum status pool_start(struct role_context *const contexts[], size_t count, int nice,
                                  struct pool **pool);
/* Either `job` or `expired` will be called. False: neither, for `queue_max` (at most
 * HTTP_POOL_QUEUE_MAX) jobs wait already. Never blocks; any thread. */
MUST_CHECK bool pool_submit(struct pool *pool, pool_job *job, pool_expired *expired, void *argument,
                            size_t queue_max);
/* Ends the jobs that have waited for `age_us`, on the calling thread. Any thread. */
void pool_expire(struct pool *pool, int64_t age_us);
/* Runs what was submitted, then joins the threads. */
void pool_stop(struct pool *pool);

#endif
