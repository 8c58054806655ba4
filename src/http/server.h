/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoints → an HTTP/1.1 server on libmicrohttpd. Requests are authenticated by their headers
 * before a byte of the body is read, limited, routed, and handed to their endpoint: ASYNC ones on
 * the epoll thread that read them, the others on a bounded pool, and those that hash passwords on
 * another, so that logins hold up nothing but logins. It serves by itself: /healthz,
 * /readyz, /metrics, /openapi.json.
 */
#ifndef ECS_HTTP_SERVER_H
#define ECS_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/revocations.h"
#include "auth/token.h"
#include "base/address.h"
#include "base/buf.h"
#include "ports/cache.h"
#include "ports/clock.h"
#include "ports/endpoint.h"
#include "ports/entropy.h"
#include "ports/tracer.h"

struct http_server;

/* Writes {"status": …, "checks": {…}} for /readyz; true if ready. Must not wait;
 * any thread. */
typedef bool http_readiness(void *context, struct buf *json);

struct endpoint_table {
    const struct endpoint *endpoints;
    size_t count;
};

/* What every server answers by itself, whatever its roles. */
extern const struct endpoint_table own_endpoints;

struct http_options {
    const char *listen;                 /* "127.0.0.1:9999", "[::1]:0"; port 0: any free one */
    const struct address_list *proxies; /* whose X-Forwarded-For is believed */
    int threads;                        /* of epoll; 1 to HTTP_THREADS_MAX */
    const struct endpoint_table *tables;
    size_t table_count;
    struct role_context *async_context;        /* shared by all ASYNC handlers */
    struct role_context *const *pool_contexts; /* one pool thread for each */
    size_t pool_count;
    struct role_context *const *hashing_contexts; /* the same for endpoints that hash passwords */
    size_t hashing_count;                         /* 0: none does */
    const struct token_keys *tokens;
    const struct revocations *revocations;
    const struct internal_key *internal_keys; /* all are valid; one without secret ends the list */
    struct clock *clock;
    struct entropy *entropy;
    struct tracer *tracer;           /* NULL: nobody collects spans */
    int64_t requests_per_second_max; /* for one address, over all processes that share a cache */
    int64_t person_requests_per_second_max; /* the same for one person, by their tokens */
    http_readiness *readiness;
    void *readiness_context;
};

/* UNAVAILABLE, with the reason logged, if the address cannot be bound. Options are copied; what
 * they point to must outlive the server. */
MUST_CHECK enum status http_server_start(const struct http_options *options,
                                         struct http_server **server);
int http_server_port(const struct http_server *server);
/* There may be news for a person: their event streams look. NULL: for everybody. Any thread. */
void http_server_wake(struct http_server *server, const struct uuid *user_id);
/* Shares this process's request counts with the others through the cache. Every 100 ms. */
void http_server_share_rates(struct http_server *server, struct cache *cache);
/* Takes no new connections, ends event streams, answers what it has, for `wait_us` at most. */
void http_server_drain(struct http_server *server, int64_t wait_us);
/* After drain. Waits for each request that a handler still has (a bus calls back for every message,
 * also when it closes), then joins all threads. */
void http_server_stop(struct http_server *server);

#endif
