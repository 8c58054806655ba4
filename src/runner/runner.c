/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/runner.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "http/server.h"
#include "limits.h"
#include "ports/bus.h"
#include "process/log.h"
#include "runner/wake.h"
#include "runner/watch.h"
#include "runner/worker.h"

enum {
    EXIT_CANNOT_START = 1,
    POOL_MAX = 128,
    HASHING_THREADS_MAX = 2,   /* each takes 19 MiB while it hashes a password */
    FLUSH_WAIT_US = 250000,    /* for something to do, which is how soon a stop is noticed */
    FLUSH_PAUSE_US = 500000,   /* so long a bus that fails is left alone */
    DRAIN_US = 3000000,        /* for requests under way */
    DRAIN_ALL_US_MAX = 4500000 /* then the process ends, finished or not: events come again */
};

struct runner {
    const struct runner_options *options;
    struct stop stop;
    struct watch watch;
    struct stop bus_stop; /* of the thread that drives the bus, which is the last */
    struct wake wake;
    struct http_server *server;
    struct role_context async_context;
    struct role_context pool[POOL_MAX + HASHING_THREADS_MAX];
    size_t pool_count;
    struct worker workers[2 * ROLES_MAX];
    size_t worker_count;
    atomic_int failure; /* the exit status, if the schema ended the process */
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

/* One attempt to make the schema current. */
static enum status schema_prepare(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    char reason[REASON_MAX + 1];
    int applied = 0;
    enum status status = options->schema_prepare(options->engines, &applied, reason);
    if (status == STATUS_OK)
        log_info("schema is current", LOG_INTEGER("applied", applied));
    else if (status == STATUS_UNAVAILABLE)
        log_seldom(LOG_WARN, "", "waiting for the database", LOG_TEXT("reason", reason));
    else
        log_error("the database cannot be used", LOG_TEXT("reason", reason));
    return status;
}

static bool ends_the_start(enum status status)
{
    return status != STATUS_OK && status != STATUS_UNAVAILABLE;
}

static int exit_of(enum status status)
{
    return status == STATUS_INVALID ? EX_CONFIG : EXIT_CANNOT_START;
}

/* Meanwhile the roles do what they can without the database. */
static void *schema_await(void *argument)
{
    struct runner *runner = argument;
    enum status status = STATUS_UNAVAILABLE;
    while (status == STATUS_UNAVAILABLE && !stop_wait(&runner->stop, SECOND_US))
        status = schema_prepare(runner);
    if (ends_the_start(status)) {
        atomic_store(&runner->failure, exit_of(status));
        kill(getpid(), SIGTERM);
    }
    return NULL;
}

bool runner_any_endpoint(const struct runner_options *options,
                         bool (*is)(const struct endpoint *endpoint))
{
    for (size_t i = 0; i < options->role_count; i++)
        for (size_t k = 0; k < options->roles[i]->endpoint_count; k++)
            if (is(&options->roles[i]->endpoints[k]))
                return true;
    return false;
}

static bool hashes(const struct endpoint *endpoint)
{
    return endpoint->hashes;
}

/* Opens contexts for `count` pool threads more. */
static enum status open_contexts(struct runner *runner, unsigned uses, size_t count,
                                 struct role_context *pool[])
{
    const struct runner_options *options = runner->options;
    for (size_t i = 0; i < count; i++) {
        assert(runner->pool_count < POOL_MAX + HASHING_THREADS_MAX);
        struct role_context *context = &runner->pool[runner->pool_count];
        enum status status = options->context_open(options->engines, uses, context);
        if (status != STATUS_OK)
            return status;
        pool[runner->pool_count++] = context;
    }
    return STATUS_OK;
}

/* On half of the processors at most: who does not log in has the other half to themselves. */
static size_t hashing_threads(void)
{
    long half = sysconf(_SC_NPROCESSORS_ONLN) / 2;
    if (half < 1)
        return 1;
    return half < HASHING_THREADS_MAX ? (size_t)half : HASHING_THREADS_MAX;
}

static enum status start_server(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    const struct settings *settings = options->settings;
    size_t pool_threads = (size_t)settings->pool_threads;
    struct endpoint_table tables[ROLES_MAX];
    struct role_context *pool[POOL_MAX + HASHING_THREADS_MAX];
    for (size_t i = 0; i < options->role_count; i++)
        tables[i] = (struct endpoint_table){options->roles[i]->endpoints,
                                            options->roles[i]->endpoint_count};
    enum status status = open_contexts(runner, all_uses(options), pool_threads, pool);
    if (status == STATUS_OK && runner_any_endpoint(options, hashes))
        status = open_contexts(runner, USES_STORE | USES_CACHE, hashing_threads(), pool);
    if (status != STATUS_OK)
        return status;
    /* ASYNC handlers publish and nothing else; the bus may be used by any thread. */
    runner->async_context = runner->watch.context;
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
        .readiness = watch_is_ready,
        .readiness_context = &runner->watch,
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
            enum status status = worker_start(&runner->workers[runner->worker_count], options, role,
                                              consuming, &runner->stop, &runner->watch.progress[i]);
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

/* Serves until a signal came; `waits`: the schema is not current yet. Requests are drained first,
 * then consumers and ticks finish their step; the bus is driven to the end, for what both have
 * published. */
static enum status serve(struct runner *runner, bool waits)
{
    const struct runner_options *options = runner->options;
    pthread_t awaiting;
    enum status status = start_server(runner);
    if (status == STATUS_OK)
        status = watch_start(&runner->watch, runner->server);
    if (status == STATUS_OK)
        status = wake_start(&runner->wake, options, runner->server, &runner->stop);
    if (status == STATUS_OK)
        status = start_workers(runner);
    waits = waits && status == STATUS_OK;
    if (waits && pthread_create(&awaiting, NULL, schema_await, runner) != 0) {
        waits = false;
        status = STATUS_UNAVAILABLE;
    }
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
    if (waits)
        pthread_join(awaiting, NULL);
    watch_join(&runner->watch);
    wake_join(&runner->wake);
    if (runner->server != NULL)
        http_server_stop(runner->server);
    return status;
}

/* Makes the schema current, or sees that it has to wait, and serves. Returns the exit status. */
static int start_and_serve(struct runner *runner)
{
    const struct runner_options *options = runner->options;
    struct store *store = runner->watch.context.store;
    enum status schema = store == NULL ? STATUS_OK : schema_prepare(runner);
    if (ends_the_start(schema))
        return exit_of(schema);
    options->refresh(options->engines, store);
    watch_look(&runner->watch);
    enum status status = serve(runner, schema == STATUS_UNAVAILABLE);
    return status == STATUS_OK ? atomic_load(&runner->failure) : EXIT_CANNOT_START;
}

/* Calls bus_flush again and again. Embedded, that is what makes a publication durable; a role that
 * empties the outbox calls it as well. With NATS the server stores, and a flush tends the
 * connection. */
static void *drive_bus(void *argument)
{
    struct runner *runner = argument;
    struct bus *bus = runner->options->bus;
    while (!stop_wait(&runner->bus_stop, 0)) {
        if (bus_flush(bus, FLUSH_WAIT_US) != STATUS_OK &&
            stop_wait(&runner->bus_stop, FLUSH_PAUSE_US))
            break;
    }
    if (bus_flush(bus, 0) != STATUS_OK)
        log_warn("bus not flushed at the end", LOG_TEXT("bus", bus->ops->name));
    return NULL;
}

/* Serves while the bus is driven, if there is one. Whoever drains waits for what it published, so
 * its thread ends afterwards, when all of that is stored or its publishers were told. */
static int drive_and_serve(struct runner *runner)
{
    pthread_t driver;
    if (runner->options->bus == NULL)
        return start_and_serve(runner);
    if (pthread_create(&driver, NULL, drive_bus, runner) != 0)
        return EXIT_CANNOT_START;
    int result = start_and_serve(runner);
    stop_set(&runner->bus_stop);
    pthread_join(driver, NULL);
    return result;
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
    stop_init(&runner->bus_stop);
    if (watch_open(&runner->watch, options, &runner->stop) == STATUS_OK) {
        result = drive_and_serve(runner);
        watch_close(&runner->watch);
    }
    while (runner->pool_count > 0)
        options->context_close(options->engines, &runner->pool[--runner->pool_count]);
    stop_destroy(&runner->stop);
    stop_destroy(&runner->bus_stop);
    assert(runner->worker_count == 0);
    free(runner);
    log_info("stopped", LOG_INTEGER("exit_status", result));
    return result;
}
