/* SPDX-License-Identifier: Apache-2.0
 *
 * The server's life, what it answers by itself, and libmicrohttpd's view of a request: it calls
 * on_request when the headers are there, for each part of the body, when all is there, and again
 * after a suspension.
 */
#include "http/server.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/openapi.h"
#include "http/server_state.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

enum {
    /* Headers, and the block in which a body is read. Of more than 32 KiB libmicrohttpd makes a
     * mapping of its own: while hashing has its memory mapped, which takes milliseconds, all
     * others of the process would wait for theirs. give_memory_back returns it to the system. */
    CONNECTION_MEMORY = 32 * 1024,
    HOUSEKEEPING_US = 250000,
    DRAIN_POLL_US = 2000,
    OPENAPI_MAX = 512 * 1024
};

static int64_t deadline_in(const struct http_server *server, int64_t duration_us)
{
    return clock_monotonic_us(server->options.clock) + duration_us;
}

/* The request line is there; the headers must follow. */
static void *on_target(void *argument, const char *uri, struct MHD_Connection *mhd)
{
    struct http_server *server = argument;
    struct connection *connection =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
    if (connection == NULL)
        return NULL;
    connection_deadline(connection, deadline_in(server, HTTP_HEADER_DEADLINE_US));
    target_note(&connection->target, uri);
    return NULL;
}

static enum MHD_Result on_headers(struct http_server *server, struct MHD_Connection *mhd,
                                  const char *method, const char *version, void **slot)
{
    struct call *call = call_begin(server, mhd, method, version);
    *slot = call;
    if (call == NULL)
        return MHD_NO;
    int64_t open = atomic_fetch_add(&server->open_calls, 1);
    assert(open >= 0);
    connection_deadline(call->connection, deadline_in(server, HTTP_BODY_DEADLINE_US));
    /* Answered before its body is read, the connection ends: what follows is not a request. One
     * without a body is answered at the next turn and the connection goes on. */
    call->close = call->close || (call->refused && call->has_body);
    return call->close ? call_answer(call) : MHD_YES;
}

static enum MHD_Result on_request(void *argument, struct MHD_Connection *mhd, const char *target,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **slot)
{
    (void)target;
    struct http_server *server = argument;
    struct call *call = *slot;
    if (call == NULL)
        return on_headers(server, mhd, method, version, slot);
    if (*size > 0) {
        bool good = call_receive(call, data, *size);
        *size = 0;
        return good ? MHD_YES : MHD_NO;
    }
    if (call->answered)
        return MHD_YES;
    if (!call->refused && atomic_load(&call->state) == CALL_OPEN) {
        call->body_end_us = clock_monotonic_us(server->options.clock);
        call_run(call);
        if (atomic_load(&call->state) != CALL_DONE)
            return MHD_YES;
    }
    return call_answer(call);
}

static void on_completed(void *argument, struct MHD_Connection *mhd, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd, (void)code;
    struct http_server *server = argument;
    struct call *call = *slot;
    *slot = NULL;
    if (call == NULL)
        return;
    connection_deadline(call->connection, deadline_in(server, HTTP_IDLE_DEADLINE_US));
    if (call->stream != NULL)
        events_close(&server->events, call->stream);
    else
        call_free(call);
    int64_t open = atomic_fetch_sub(&server->open_calls, 1);
    assert(open > 0);
}

static void on_connection(void *argument, struct MHD_Connection *mhd, void **slot,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = argument;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*slot != NULL)
            connection_close(&server->connections, *slot);
        return;
    }
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *address =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    assert(*slot == NULL);
    *slot = connection_open(&server->connections, fd, address,
                            deadline_in(server, HTTP_HEADER_DEADLINE_US));
    if (*slot == NULL) {
        shutdown(fd, SHUT_RDWR);
        connection_dismiss(&server->connections, address);
    }
}

/* libmicrohttpd decodes in place; the router wants the path as it came. */
static size_t keep_encoded(void *argument, struct MHD_Connection *mhd, char *text)
{
    (void)argument, (void)mhd;
    return strlen(text);
}

/* What a crowd of connections has freed goes back to the system once most of them are gone, and
 * again as the rest goes: the library frees memory a moment after it gave the place back. */
static void give_memory_back(struct http_server *server, size_t *peak)
{
    enum { CROWD = 1000, PART = 4 };
    size_t open = shares_taken(&server->connections.places);
    if (open >= CROWD && open > *peak)
        *peak = open;
    if (*peak == 0 || open > *peak / PART)
        return;
    malloc_trim(0);
    *peak /= PART;
}

static void *keep_house(void *argument)
{
    struct http_server *server = argument;
    size_t peak = 0;
    pthread_mutex_lock(&server->housekeeper_lock);
    while (!server->housekeeper_stopping) {
        (void)steady_wait(&server->housekeeper_changed, &server->housekeeper_lock,
                          steady_now_us() + HOUSEKEEPING_US);
        connections_cut(&server->connections, clock_monotonic_us(server->options.clock));
        pool_expire(server->pool, HTTP_POOL_AGE_US);
        if (server->hashing != NULL)
            pool_expire(server->hashing, HTTP_HASHING_AGE_US);
        events_tick(&server->events);
        give_memory_back(server, &peak);
        (void)eventfd_write(server->rouse_fd, 1);
    }
    pthread_mutex_unlock(&server->housekeeper_lock);
    return NULL;
}

static void housekeeper_stop(struct http_server *server)
{
    pthread_mutex_lock(&server->housekeeper_lock);
    assert(!server->housekeeper_stopping);
    server->housekeeper_stopping = true;
    pthread_cond_signal(&server->housekeeper_changed);
    pthread_mutex_unlock(&server->housekeeper_lock);
    pthread_join(server->housekeeper, NULL);
}

/* Ten thousand connections need as many descriptors; with less there are fewer places. */
static size_t connection_places(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return HTTP_CONNECTIONS_MAX;
    limit.rlim_cur = limit.rlim_max;
    (void)!setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < 2 * HTTP_DESCRIPTORS_KEPT)
        return limit.rlim_cur / 2;
    rlim_t left = limit.rlim_cur - HTTP_DESCRIPTORS_KEPT;
    return left < HTTP_CONNECTIONS_MAX ? left : HTTP_CONNECTIONS_MAX;
}

/* libmicrohttpd 0.9.75 may sleep on what it knows: if exactly 128 events wait for a thread, it
 * looks for more, without a limit, before it deals with them. So the housekeeper rouses the threads
 * by a descriptor of theirs; libmicrohttpd ignores an event that has no pointer to a connection. */
static bool rousing_start(const struct http_server *server, struct MHD_Daemon *daemon)
{
    int epoll_fd = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
    /* Of the edge: each thread is told of each write once, and nobody needs to read. */
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, server->rouse_fd, &event) == 0;
}

static struct MHD_Daemon *daemon_start(struct http_server *server)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO |
            MHD_USE_NO_LISTEN_SOCKET,
        0, NULL, NULL, on_request, server, MHD_OPTION_CONNECTION_LIMIT,
        2 * HTTP_CONNECTIONS_MAX, /* never reached: see connections.h */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, server, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded,
        NULL, MHD_OPTION_STRICT_FOR_CLIENT, 0 /* see head.h */, MHD_OPTION_END);
}

static void daemons_stop(struct http_server *server)
{
    while (server->daemon_count > 0)
        MHD_stop_daemon(server->daemons[--server->daemon_count]);
}

static enum status daemons_start(struct http_server *server)
{
    while (server->daemon_count < (size_t)server->options.threads) {
        assert(server->daemon_count < HTTP_THREADS_MAX);
        struct MHD_Daemon *daemon = daemon_start(server);
        if (daemon != NULL)
            server->daemons[server->daemon_count++] = daemon;
        if (daemon == NULL || !rousing_start(server, daemon)) {
            log_error("cannot start the HTTP server", LOG_TEXT("reason", strerror(errno)));
            return STATUS_UNAVAILABLE;
        }
    }
    return STATUS_OK;
}

/* None of its own answers waits for anything: they are given while every thread of the pool hangs.
 */
static void answer_health(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    buf_text(&exchange->response.body, "{\"status\":\"ok\"}");
    exchange_done(exchange);
}

static void answer_readiness(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    const struct http_options *options = &((const struct call *)exchange)->server->options;
    if (options->readiness == NULL)
        buf_text(&exchange->response.body, "{\"status\":\"ok\",\"checks\":{}}");
    else if (!options->readiness(options->readiness_context, &exchange->response.body))
        exchange->response.http_status = status_http(STATUS_UNAVAILABLE);
    exchange_done(exchange);
}

static void answer_metrics(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    metrics_write(&exchange->response.body);
    exchange->response.content_type = "text/plain; version=0.0.4";
    exchange_done(exchange);
}

static void answer_openapi(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    struct slice text = buf_slice(&((const struct call *)exchange)->server->openapi);
    buf_append(&exchange->response.body, text.data, text.size);
    exchange_done(exchange);
}

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_GET,
        .path = "/healthz",
        .kind = ENDPOINT_ASYNC,
        .handle = answer_health,
        .summary = "Whether the process lives.",
        .response_schema = "openapi/health.json",
    },
    {
        .method = METHOD_GET,
        .path = "/readyz",
        .kind = ENDPOINT_ASYNC,
        .internal = true,
        .handle = answer_readiness,
        .summary = "Whether every engine it needs answers and its roles get on with their streams; "
                   "503 and the same shape if not.",
        .errors = "503",
        .response_schema = "openapi/readiness.json",
    },
    {
        .method = METHOD_GET,
        .path = "/metrics",
        .kind = ENDPOINT_ASYNC,
        .internal = true,
        .handle = answer_metrics,
        .summary = "Counters of this process, in the Prometheus text format.",
    },
    {
        .method = METHOD_GET,
        .path = "/openapi.json",
        .kind = ENDPOINT_ASYNC,
        .handle = answer_openapi,
        .summary = "This document.",
        .response_schema = "openapi/object.json",
    },
};

const struct endpoint_table own_endpoints = {endpoints, sizeof endpoints / sizeof endpoints[0]};

/* The tables of the roles and the server's own. */
static enum status route_all(struct http_server *server)
{
    struct endpoint_table tables[HTTP_ENDPOINTS_MAX];
    size_t count = server->options.table_count;
    if (count >= HTTP_ENDPOINTS_MAX)
        return STATUS_INVALID;
    memcpy(tables, server->options.tables, count * sizeof tables[0]);
    tables[count++] = own_endpoints;
    enum status status = router_init(&server->router, tables, count);
    if (status != STATUS_OK)
        return status;
    assert(server->router.count >= own_endpoints.count);
    buf_init(&server->openapi, OPENAPI_MAX);
    openapi_write(&server->router, &server->openapi);
    return server->openapi.overflowed ? STATUS_INVALID : STATUS_OK;
}

static void pools_stop(struct http_server *server)
{
    pool_stop(server->pool);
    if (server->hashing != NULL)
        pool_stop(server->hashing);
}

static enum status threads_start(struct http_server *server)
{
    const struct http_options *options = &server->options;
    if (pool_start(options->pool_contexts, options->pool_count, HTTP_POOL_QUEUE_MAX, 0,
                   &server->pool) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    events_init(&server->events, server->pool, options->clock, options->revocations);
    if (options->hashing_count > 0 &&
        pool_start(options->hashing_contexts, options->hashing_count, HTTP_HASHING_QUEUE_MAX,
                   HTTP_HASHING_NICE, &server->hashing) != STATUS_OK)
        goto stop_pool;
    if (pthread_create(&server->housekeeper, NULL, keep_house, server) != 0)
        goto stop_pool;
    if (daemons_start(server) == STATUS_OK &&
        connections_accept(&server->connections, options->listen, server->daemons,
                           server->daemon_count) == STATUS_OK)
        return STATUS_OK;
    daemons_stop(server);
    housekeeper_stop(server);
stop_pool:
    events_destroy(&server->events);
    pools_stop(server);
    return STATUS_UNAVAILABLE;
}

static void server_free(struct http_server *server)
{
    assert(atomic_load(&server->open_calls) == 0 && atomic_load(&server->in_handlers) == 0);
    assert(server->daemon_count == 0 && shares_taken(&server->bodies) == 0);
    pthread_cond_destroy(&server->housekeeper_changed);
    pthread_mutex_destroy(&server->housekeeper_lock);
    connections_destroy(&server->connections);
    shares_destroy(&server->bodies);
    free(server->rates);
    free(server->people);
    buf_free(&server->openapi);
    if (server->rouse_fd >= 0)
        close(server->rouse_fd);
    free(server);
}

enum status http_server_start(const struct http_options *options, struct http_server **out)
{
    if (options->threads < 1 || options->threads > HTTP_THREADS_MAX)
        return STATUS_INVALID;
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL)
        return STATUS_UNAVAILABLE;
    server->options = *options;
    server->rouse_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    connections_init(&server->connections, connection_places(), options->proxies);
    shares_init(&server->bodies, HTTP_BODIES_MAX);
    pthread_mutex_init(&server->housekeeper_lock, NULL);
    steady_condition_init(&server->housekeeper_changed);
    server->rates = rate_limit_create(options->requests_per_second_max);
    server->people = rate_limit_create(options->person_requests_per_second_max);
    enum status status = server->rates == NULL || server->people == NULL || server->rouse_fd < 0
                             ? STATUS_UNAVAILABLE
                             : STATUS_OK;
    if (status == STATUS_OK)
        status = authority_init(&server->authority, options);
    if (status == STATUS_OK)
        status = route_all(server);
    if (status == STATUS_OK) {
        /* Signals are the main thread's. */
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        status = threads_start(server);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    if (status != STATUS_OK) {
        server_free(server);
        return status;
    }
    *out = server;
    return STATUS_OK;
}

int http_server_port(const struct http_server *server)
{
    return server->connections.port;
}

void http_server_wake(struct http_server *server, const struct uuid *user_id)
{
    events_wake(&server->events, user_id);
}

void http_server_share_rates(struct http_server *server, struct cache *cache)
{
    int64_t now_us = clock_now_us(server->options.clock);
    rate_limit_share(server->rates, cache, now_us);
    rate_limit_share(server->people, cache, now_us);
}

/* Waits until the count is zero, or the time is over. Only while the server ends, so that it costs
 * the requests nothing. */
static void wait_for_zero(_Atomic int64_t *count, int64_t wait_us)
{
    for (int64_t waited_us = 0; atomic_load(count) > 0 && waited_us < wait_us;
         waited_us += DRAIN_POLL_US)
        steady_pause(DRAIN_POLL_US);
}

void http_server_drain(struct http_server *server, int64_t wait_us)
{
    /* First: who finds the port closed may rely on it that answers end their connections. */
    bool was_draining = atomic_exchange(&server->draining, true);
    assert(!was_draining);
    connections_refuse(&server->connections);
    events_end(&server->events);
    wait_for_zero(&server->open_calls, wait_us);
}

void http_server_stop(struct http_server *server)
{
    assert(atomic_load(&server->draining) && !atomic_load(&server->stopping));
    /* libmicrohttpd must not be stopped while a connection is suspended. */
    atomic_store(&server->stopping, true);
    wait_for_zero(&server->in_handlers, INT64_MAX);
    housekeeper_stop(server);
    daemons_stop(server);
    pools_stop(server);
    events_destroy(&server->events);
    server_free(server);
}
