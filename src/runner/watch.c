/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/watch.h"

#include <assert.h>
#include <stdio.h>

#include "base/json_put.h"
#include "limits.h"
#include "process/log.h"
#include "process/metrics.h"
#include "store/store.h"

enum {
    LOOK_US = 1000000, /* between two looks at an engine */
    RATES_US = 100000,
    LOOK_EVERY = LOOK_US / RATES_US
};

struct health engine_seen_ask(struct engine_seen *seen)
{
    /* One thread asks, and ends one question before the next. */
    assert(atomic_load(&seen->owed_since_us) == 0);
    struct health health = {.owed_since_us = &seen->owed_since_us};
    health_asks(&health);
    return health;
}

void engine_seen_note(struct engine_seen *seen, const char *engine, enum status status,
                      const struct health *health)
{
    assert(health->owed_since_us == &seen->owed_since_us);
    int before = atomic_exchange(&seen->status, (int)status);
    atomic_store(&seen->cause, health->cause);
    atomic_store(&seen->missing, health->missing);
    if (health->durability != DURABILITY_UNKNOWN)
        atomic_store(&seen->durability, (int)health->durability);
    atomic_store(&seen->owed_since_us, 0);
    if ((before == STATUS_OK) == (status == STATUS_OK))
        return;
    if (status == STATUS_OK)
        log_info("engine is up", LOG_TEXT("engine", engine));
    else
        log_warn("engine is down", LOG_TEXT("engine", engine),
                 LOG_TEXT("cause", health->cause == NULL ? "" : health->cause));
}

static bool is_silent(struct engine_seen *seen)
{
    int64_t since_us = atomic_load(&seen->owed_since_us);
    return since_us != 0 && steady_now_us() - since_us >= ENGINE_SILENCE_US;
}

bool engine_seen_is_up(struct engine_seen *seen)
{
    return atomic_load(&seen->status) == STATUS_OK && !is_silent(seen);
}

void stream_progress_move(struct stream_progress *progress)
{
    atomic_store(&progress->moved_us, steady_now_us());
}

static int64_t pause_us(struct stream_progress *progress)
{
    int64_t moved_us = atomic_load(&progress->moved_us);
    assert(moved_us > 0); /* it was set before anybody could look */
    return steady_now_us() - moved_us;
}

static bool is_paused(struct stream_progress *progress)
{
    return pause_us(progress) >= PROGRESS_PAUSE_US_MAX;
}

static void look_at_bus(struct watch *watch)
{
    struct health health = engine_seen_ask(&watch->bus);
    enum status status = bus_health(watch->context.bus, &health);
    engine_seen_note(&watch->bus, "bus", status, &health);
}

static void look_at_store(struct watch *watch)
{
    struct role_context *context = &watch->context;
    struct health health = engine_seen_ask(&watch->store);
    enum status status = store_health(context->store, &health);
    /* It is not up before it has told which tokens are revoked. */
    if (status == STATUS_OK && watch->takes_tokens)
        status = revocations_refresh(context->revocations, context->store);
    engine_seen_note(&watch->store, "store", status, &health);
}

static void look_at_cache(struct watch *watch)
{
    const struct health health = engine_seen_ask(&watch->cache);
    engine_seen_note(&watch->cache, "cache", cache_ping(watch->context.cache), &health);
}

void watch_look(struct watch *watch)
{
    assert(watch->thread_count == 0); /* else two would ask one engine at a time */
    if (watch->context.bus != NULL)
        look_at_bus(watch);
    if (watch->context.store != NULL)
        look_at_store(watch);
    if (watch->context.cache != NULL)
        look_at_cache(watch);
}

/* Where nobody can tell, the bus itself is what is wrong. */
static void measure_lag(struct watch *watch)
{
    for (size_t i = 0; i < watch->options->role_count; i++) {
        const struct consumer_step *consumer = watch->options->roles[i]->consumer;
        struct bus_lag lag = {0};
        if (consumer == NULL)
            continue;
        enum metric_label label = metric_label_of(stream_label(consumer->stream));
        if (bus_lag(watch->context.bus, consumer->stream, &lag) == STATUS_OK)
            metric_set(METRIC_bus_lag, label, (int64_t)lag.pending);
        if (lag.pending == 0)
            stream_progress_move(&watch->progress[i]);
        metric_set(METRIC_stream_pause_us, label, pause_us(&watch->progress[i]));
    }
}

static void watch_bus(struct watch *watch)
{
    look_at_bus(watch);
    measure_lag(watch);
}

static void watch_store(struct watch *watch)
{
    if (watch->context.store != NULL)
        look_at_store(watch);
    watch->options->refresh(watch->options->engines, watch->context.store);
}

static void watch_cache(struct watch *watch)
{
    http_server_share_rates(watch->server, watch->context.cache);
    if (++watch->cache_rounds % LOOK_EVERY == 0 && watch->context.cache != NULL)
        look_at_cache(watch);
}

static void *run(void *argument)
{
    struct watch_thread *thread = argument;
    while (!stop_wait(thread->watch->stop, thread->period_us))
        thread->look(thread->watch);
    return NULL;
}

static bool takes_token(const struct endpoint *endpoint)
{
    return endpoint_auth_takes_token(endpoint->auth);
}

enum status watch_open(struct watch *watch, const struct runner_options *options, struct stop *stop)
{
    assert(options->role_count <= ROLES_MAX);
    *watch = (struct watch){.options = options,
                            .stop = stop,
                            .takes_tokens = runner_any_endpoint(options, takes_token)};
    for (size_t i = 0; i < options->role_count; i++)
        stream_progress_move(&watch->progress[i]);
    return options->context_open(
        options->engines, options->uses & ~(unsigned)(USES_SCORER | USES_MODEL), &watch->context);
}

static enum status thread_start(struct watch *watch, void (*look)(struct watch *watch),
                                int64_t period_us)
{
    assert(watch->thread_count < WATCH_THREADS_MAX);
    struct watch_thread *thread = &watch->threads[watch->thread_count];
    *thread = (struct watch_thread){.watch = watch, .look = look, .period_us = period_us};
    if (pthread_create(&thread->thread, NULL, run, thread) != 0)
        return STATUS_UNAVAILABLE;
    watch->thread_count++;
    return STATUS_OK;
}

enum status watch_start(struct watch *watch, struct http_server *server)
{
    watch->server = server;
    enum status status = thread_start(watch, watch_store, LOOK_US);
    if (status == STATUS_OK && watch->context.bus != NULL)
        status = thread_start(watch, watch_bus, LOOK_US);
    if (status == STATUS_OK)
        status = thread_start(watch, watch_cache, RATES_US);
    return status;
}

void watch_join(struct watch *watch)
{
    while (watch->thread_count > 0)
        pthread_join(watch->threads[--watch->thread_count].thread, NULL);
}

void watch_close(struct watch *watch)
{
    assert(watch->thread_count == 0);
    watch->options->context_close(watch->options->engines, &watch->context);
}

static void write_text(struct buf *json, const char *name, const char *text)
{
    if (text != NULL)
        json_put_text(json, name, text);
}

/* `adapter` is what it is. */
static void write_engine(struct buf *json, const char *name, struct engine_seen *seen,
                         const char *adapter)
{
    json_put_open(json, name, '{');
    write_text(json, "engine", adapter);
    write_text(json, "status", engine_seen_is_up(seen) ? "up" : "down");
    write_text(json, "missing", atomic_load(&seen->missing));
    write_text(json, "cause", is_silent(seen) ? "it does not answer" : atomic_load(&seen->cause));
    write_text(json, "durability",
               durability_name((enum durability)atomic_load(&seen->durability)));
    json_put_close(json, '}');
}

static void write_stream(struct buf *json, const struct role *role,
                         struct stream_progress *progress)
{
    bool paused = is_paused(progress);
    char cause[80];
    json_put_open(json, stream_name(role->consumer->stream), '{');
    json_put_text(json, "role", role->name);
    json_put_text(json, "status", paused ? "down" : "up");
    if (paused) {
        snprintf(cause, sizeof cause, "messages wait, and none was stored for %lld s",
                 (long long)(pause_us(progress) / SECOND_US));
        json_put_text(json, "cause", cause);
    }
    json_put_close(json, '}');
}

/* The roles that cannot consume; returns whether there are none. */
static bool write_failing(struct buf *json, struct watch *watch)
{
    bool none = true;
    json_put_open(json, "failing", '[');
    for (size_t i = 0; i < watch->options->role_count; i++) {
        bool failing = atomic_load(&watch->progress[i].failing);
        if (failing)
            json_put_text(json, NULL, watch->options->roles[i]->name);
        none = none && !failing;
    }
    json_put_close(json, ']');
    return none;
}

static bool all_streams_move(struct watch *watch)
{
    for (size_t i = 0; i < watch->options->role_count; i++)
        if (watch->options->roles[i]->consumer != NULL && is_paused(&watch->progress[i]))
            return false;
    return true;
}

/* Every engine, and every stream that is consumed, by its name. */
static void write_checks(struct buf *json, struct watch *watch)
{
    const struct role_context *context = &watch->context;
    json_put_open(json, "checks", '{');
    if (context->bus != NULL)
        write_engine(json, "bus", &watch->bus, context->bus->ops->name);
    if (context->store != NULL)
        write_engine(json, "store", &watch->store, store_engine(context->store));
    if (context->cache != NULL)
        write_engine(json, "cache", &watch->cache, context->cache->ops->name);
    for (size_t i = 0; i < watch->options->role_count; i++) {
        const struct role *role = watch->options->roles[i];
        if (role->consumer != NULL)
            write_stream(json, role, &watch->progress[i]);
    }
    json_put_close(json, '}');
}

/* What no role of this process needs does not count: where events are taken, the store tells what
 * is better known, as revocations, and nothing else. */
static bool store_counts(const struct watch *watch)
{
    for (size_t i = 0; i < watch->options->role_count; i++)
        if ((watch->options->roles[i]->uses & USES_STORE) != 0 &&
            !watch->options->roles[i]->without_store)
            return true;
    return false;
}

bool watch_is_ready(void *argument, struct buf *json)
{
    struct watch *watch = argument;
    /* A lost cache makes answers slower, not wrong: it does not count. */
    bool ready = engine_seen_is_up(&watch->bus) &&
                 (engine_seen_is_up(&watch->store) || !store_counts(watch)) &&
                 all_streams_move(watch);
    json_put_open(json, NULL, '{');
    ready = write_failing(json, watch) && ready;
    json_put_text(json, "status", ready ? "ready" : "not ready");
    write_checks(json, watch);
    json_put_close(json, '}');
    return ready;
}
