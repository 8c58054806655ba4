/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of src/http share of one running server. Written before its threads start, but
 * for the parts that guard themselves.
 */
#ifndef ECS_HTTP_SERVER_STATE_H
#define ECS_HTTP_SERVER_STATE_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/admission.h"
#include "http/connections.h"
#include "http/events.h"
#include "http/fairness.h"
#include "http/pool.h"
#include "http/router.h"
#include "http/server.h"

struct http_server {
    struct http_options options;
    struct router router;
    struct authority authority;
    struct rate_limit *rates;  /* by address */
    struct rate_limit *people; /* by person */
    struct connections connections;
    struct shares bodies; /* memory of those that are not small */
    struct events events;
    struct pool *pool;
    struct pool *hashing;                         /* NULL: no endpoint hashes passwords */
    struct buf openapi;                           /* what /openapi.json says */
    struct MHD_Daemon *daemons[HTTP_THREADS_MAX]; /* one epoll thread each */
    size_t daemon_count;
    int rouse_fd;                /* an eventfd: see rousing_start */
    _Atomic bool draining;       /* answers end their connections */
    _Atomic bool stopping;       /* no handler starts */
    _Atomic int64_t open_calls;  /* begun and not yet answered to the last byte */
    _Atomic int64_t in_handlers; /* handed to a handler that is not done */
    pthread_t housekeeper;
    pthread_mutex_t housekeeper_lock;
    pthread_cond_t housekeeper_changed;
    bool housekeeper_stopping; /* by the lock */
};

#endif
