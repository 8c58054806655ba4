/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/runner.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/log.h"
#include "http/server.h"
#include "limits.h"
#include "runner/housekeeping.h"
#include "runner/worker.h"

enum {
    EXIT_CANNOT_START = 1,
    POOL_MAX = 128,
    HASHING_THREADS = 2,       /* each takes 19 MiB while it hashes a password */
    DRAIN_US = 3000000,        /* for requests under way */
    DRAIN_ALL_US_MAX = 4500000 /* then the process ends, finished or not: events come again */
};

struct runner {
    const struct runner_options *options;
    struct stop stop;
    struct housekeeping keeping;
    struct http_server *server;
    struct role_context async_context;
    struct role_context pool[POOL_MAX + HASHING_THREADS];
    size_t pool_count;
    struct worker workers[2 * ROLES_MAX];
    size_t worker_count;
};

static sigset_t end_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

void runner_block_signals(void)
{
    sigset_t set = end_signals();
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void end_at_once(int number)
{
    _exit(128 + number);
}

static void end_late(int number)
{
    (void)number;
    _exit(0);
}

/* From now on a second signal ends the process, and so does a drain that takes too long. */
static void drain_under_watch(void)
{
    signal(SIGTERM, end_at_once);
    signal(SIGINT, end_at_once);
    signal(SIGALRM, end_late);
    sigset_t set = end_signals();
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    struct itimerval timer = {
        .it_value = {DRAIN_ALL_US_MAX / SECOND_US, DRAIN_ALL_US_MAX % SECOND_US}};
    setitimer(ITIMER_REAL, &timer, NULL);
}

static unsigned all_uses(const struct runner_options *options)
{
    unsigned uses = 0;
    for (size_t i = 0; i < options->role_count; i++)
        uses |= options->roles[i]->uses;
    return uses;
}

/* The schema first: no request and no event meets a database without it. TIMED_OUT: a signal came
 * before it stood. */
static enum status migrate(struct role_context *context)
{
    sigset_t set = end_signals();
    bool waiting = false;
    while (context->store != NULL) {
        int applied = 0;
        enum status status = store_migrate(context->store, &applied);
        if (status == STATUS_OK) {
            log_info("schema is current", LOG_INTEGER("applied", applied));
            return STATUS_OK;
        }
        if (status != STATUS_UNAVAILABLE && status != STATUS_TIMED_OUT) {
            log_error("schema cannot be migrated", LOG_TEXT("status", status_name(status)));
            return status;
        }
        if (!waiting)
            log_warn(status == STATUS_TIMED_OUT ? "waiting for another process that migrates"
                                                : "waiting for the database",
                     LOG_TEXT("store", context->store->ops->name));
        waiting = true;
        if (sigtimedwait(&set, NULL, &(struct timespec){.tv_sec = 1}) > 0)
            return STATUS_TIMED_OUT;
    }
    return STATUS_OK;
}

static bool any_hashes(const struct runner_options *options)
{
    for (size_t i = 0; i < options->role_count; i++)
        for (size_t k = 0; k < options->roles[i]->endpoint_count; k++)
            if (options->roles[i]->endpoints[k].hashes)
                return true;
    return false;
}

/* Opens contexts for `count` pool threads more. */
static enum status open_contexts(struct runner *runner, unsigned uses, size_t count,
                                 struct role_context *pool[])
{
    const struct runner_options *options = runner->options;
    for (size_t i = 0; i < count; i++) {
        struct role_context *context = &runner->pool[runner->pool_count];
        enum status status = options->context_open(options->engines, uses, context);
        if (status != STATUS_OK)
            return status;
        pool[runner->pool_count++] = context;
    }
    return STATUS_OK;
}

static enum status start_server(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    const struct settings *settings = options->settings;
    size_t pool_threads = (size_t)settings->pool_threads;
    struct endpoint_table tables[ROLES_MAX];
    struct role_context *pool[POOL_MAX + HASHING_THREADS];
    for (size_t i = 0; i < options->role_count; i++)
        tables[i] = (struct endpoint_table){options->roles[i]->endpoints,
                                            options->roles[i]->endpoint_count};
    enum status status = open_contexts(runner, all_uses(options), pool_threads, pool);
    if (status == STATUS_OK && any_hashes(options))
        status = open_contexts(runner, USES_STORE | USES_CACHE, HASHING_THREADS, pool);
    if (status != STATUS_OK)
        return status;
    /* ASYNC handlers publish and nothing else; the bus may be used by any thread. */
    runner->async_context = runner->keeping.context;
    runner->async_context.store = NULL;
    runner->async_context.cache = NULL;
    struct http_options http = {
        .listen = settings->listen,
        .threads = (int)settings->http_threads,
        .tables = tables,
        .table_count = options->role_count,
        .async_context = &runner->async_context,
        .pool_contexts = pool,
        .pool_count = pool_threads,
        .hashing_contexts = pool + pool_threads,
        .hashing_count = runner->pool_count - pool_threads,
        .tokens = runner->async_context.settings->tokens,
        .revocations = options->revocations,
        .internal_keys = options->internal_keys,
        .clock = options->clock,
        .entropy = options->entropy,
        .tracer = runner->async_context.tracer,
        .requests_per_second_max = settings->rate_requests,
        .person_requests_per_second_max = settings->rate_person_requests,
        .proxies = &settings->proxies,
        .readiness = housekeeping_ready,
        .readiness_context = &runner->keeping,
    };
    return http_server_start(&http, &runner->server);
}

static enum status start_workers(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    for (size_t i = 0; i < options->role_count; i++) {
        const struct role *role = options->roles[i];
        for (int consuming = 0; consuming <= 1; consuming++) {
            if (consuming ? role->consumer == NULL : role->tick_count == 0)
                continue;
            enum status status =
                worker_start(&runner->workers[runner->worker_count], options, role, consuming,
                             &runner->stop, &runner->keeping.failing[i]);
            if (status != STATUS_OK)
                return status;
            runner->worker_count++;
        }
    }
    return STATUS_OK;
}

static void join_workers(struct runner *runner)
{
    stop_set(&runner->stop);
    while (runner->worker_count > 0)
        worker_join(&runner->workers[--runner->worker_count], runner->options);
}

/* Serves until a signal came. Requests are drained first, then consumers and ticks finish their
 * step; the bus is driven to the end, for what both have published. */
static enum status serve(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    enum status status = start_server(runner);
    if (status == STATUS_OK)
        status = housekeeping_start(&runner->keeping, runner->server);
    bool keeping = status == STATUS_OK;
    if (status == STATUS_OK)
        status = start_workers(runner);
    if (status == STATUS_OK) {
        log_info("serving", LOG_INTEGER("port", http_server_port(runner->server)),
                 LOG_INTEGER("roles", (int64_t)options->role_count));
        sigset_t set = end_signals();
        int number;
        sigwait(&set, &number);
        log_info("draining", LOG_INTEGER("signal", number));
    }
    drain_under_watch();
    if (runner->server != NULL)
        http_server_drain(runner->server, DRAIN_US);
    join_workers(runner);
    if (keeping)
        housekeeping_join(&runner->keeping);
    if (runner->server != NULL)
        http_server_stop(runner->server);
    return status;
}

int runner_run(const struct runner_options *options)
{
    if (options->role_count > ROLES_MAX || options->settings->pool_threads > POOL_MAX)
        return EXIT_CANNOT_START;
    struct runner *runner = calloc(1, sizeof *runner);
    if (runner == NULL)
        return EXIT_CANNOT_START;
    int result = EXIT_CANNOT_START;
    runner->options = options;
    stop_init(&runner->stop);
    if (housekeeping_open(&runner->keeping, options, &runner->stop) == STATUS_OK) {
        enum status status = migrate(&runner->keeping.context);
        if (status == STATUS_OK) {
            options->refresh(options->engines, runner->keeping.context.store);
            status = serve(runner);
        }
        if (status == STATUS_OK || status == STATUS_TIMED_OUT)
            result = 0;
        housekeeping_close(&runner->keeping);
    }
    while (runner->pool_count > 0)
        options->context_close(options->engines, &runner->pool[--runner->pool_count]);
    stop_destroy(&runner->stop);
    free(runner);
    log_info("stopped", LOG_INTEGER("exit_status", result));
    return result;
}
