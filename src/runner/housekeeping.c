/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/housekeeping.h"

#include "base/json_put.h"
#include "limits.h"
#include "process/log.h"
#include "process/metrics.h"
#include "store/store.h"
#include "wire/fields.h"

enum {
    LOOK_US = 1000000, /* between two looks at an engine */
    RATES_US = 100000,
    LOOK_EVERY = LOOK_US / RATES_US,
    WAIT_US = 250000, /* of the bus and the wake-ups, so that a stop is noticed soon */
    PAUSE_US = 500000
};

static void *drive_bus(void *argument)
{
    struct housekeeping *keeping = argument;
    while (!stop_wait(&keeping->bus_stop, 0)) {
        if (bus_flush(keeping->options->bus, WAIT_US) != STATUS_OK &&
            stop_wait(&keeping->bus_stop, PAUSE_US))
            break;
    }
    /* What was published last is stored, or its publishers are told that it is not. */
    if (bus_flush(keeping->options->bus, 0) != STATUS_OK)
        log_warn("bus not flushed at the end", LOG_TEXT("bus", keeping->options->bus->ops->name));
    return NULL;
}

/* The person a notification is for; false if it is none of ours. */
static bool notified_user(struct slice payload, struct uuid *user_id)
{
    struct fields fields;
    struct refusal refusal;
    if (fields_open(payload, &fields, &refusal) != STATUS_OK)
        return false;
    field_uuid(&fields, "userId", user_id);
    return fields_close(&fields, &refusal) == STATUS_OK;
}

static void *wake(void *argument)
{
    enum { BATCH = 64 };
    struct housekeeping *keeping = argument;
    struct bus_consumer *tail = NULL;
    while (!stop_wait(keeping->stop, 0)) {
        struct bus_message messages[BATCH];
        size_t count = 0;
        if (tail == NULL &&
            bus_tail_open(keeping->options->bus, STREAM_NOTIFICATIONS, &tail) != STATUS_OK)
            tail = NULL;
        else if (bus_fetch(tail, messages, BATCH, WAIT_US, &count) == STATUS_OK) {
            enum outcome outcomes[BATCH] = {OUTCOME_DONE};
            struct uuid user_id;
            for (size_t i = 0; i < count; i++) {
                if (notified_user(messages[i].payload, &user_id))
                    http_server_wake(keeping->server, &user_id);
            }
            if (bus_settle(tail, messages, outcomes, count) == STATUS_OK)
                continue;
        }
        if (stop_wait(keeping->stop, PAUSE_US))
            break;
    }
    if (tail != NULL)
        bus_consumer_close(tail);
    return NULL;
}

static void look_at_bus(struct housekeeping *keeping)
{
    struct health health = engine_seen_ask(&keeping->bus);
    enum status status = bus_health(keeping->context.bus, &health);
    engine_seen_note(&keeping->bus, "bus", status, &health);
}

static void look_at_store(struct housekeeping *keeping)
{
    struct role_context *context = &keeping->context;
    struct health health = engine_seen_ask(&keeping->store);
    enum status status = store_health(context->store, &health);
    /* It is not up before it has told which tokens are revoked. */
    if (status == STATUS_OK && keeping->takes_tokens)
        status = revocations_refresh(context->revocations, context->store);
    engine_seen_note(&keeping->store, "store", status, &health);
}

static void look_at_cache(struct housekeeping *keeping)
{
    const struct health health = engine_seen_ask(&keeping->cache);
    engine_seen_note(&keeping->cache, "cache", cache_ping(keeping->context.cache), &health);
}

void housekeeping_look(struct housekeeping *keeping)
{
    if (keeping->context.bus != NULL)
        look_at_bus(keeping);
    if (keeping->context.store != NULL)
        look_at_store(keeping);
    if (keeping->context.cache != NULL)
        look_at_cache(keeping);
}

/* Where nobody can tell, the bus itself is what is wrong. */
static void measure_lag(struct housekeeping *keeping)
{
    for (size_t i = 0; i < keeping->options->role_count; i++) {
        const struct consumer_step *consumer = keeping->options->roles[i]->consumer;
        struct bus_lag lag = {0};
        if (consumer == NULL)
            continue;
        if (bus_lag(keeping->context.bus, consumer->stream, &lag) == STATUS_OK)
            metric_set(METRIC_bus_lag, metric_label_of(stream_label(consumer->stream)),
                       (int64_t)lag.pending);
        if (lag.pending == 0)
            progress_move(&keeping->progress[i]);
        progress_measure(&keeping->progress[i], consumer->stream);
    }
}

static void watch_bus(struct housekeeping *keeping)
{
    look_at_bus(keeping);
    measure_lag(keeping);
}

static void watch_store(struct housekeeping *keeping)
{
    if (keeping->context.store != NULL)
        look_at_store(keeping);
    keeping->options->refresh(keeping->options->engines, keeping->context.store);
}

static void watch_cache(struct housekeeping *keeping)
{
    http_server_share_rates(keeping->server, keeping->context.cache);
    if (++keeping->cache_rounds % LOOK_EVERY == 0 && keeping->context.cache != NULL)
        look_at_cache(keeping);
}

static void *watch_run(void *argument)
{
    struct watch *watch = argument;
    while (!stop_wait(watch->keeping->stop, watch->period_us))
        watch->look(watch->keeping);
    return NULL;
}

static bool streams_events(const struct endpoint *endpoint)
{
    return endpoint->kind == ENDPOINT_EVENTS;
}

static bool takes_token(const struct endpoint *endpoint)
{
    return endpoint_auth_takes_token(endpoint->auth);
}

enum status housekeeping_open(struct housekeeping *keeping, const struct runner_options *options,
                              struct stop *stop)
{
    *keeping = (struct housekeeping){.options = options,
                                     .stop = stop,
                                     .wakes = runner_any_endpoint(options, streams_events),
                                     .takes_tokens = runner_any_endpoint(options, takes_token)};
    stop_init(&keeping->bus_stop);
    for (size_t i = 0; i < options->role_count; i++)
        progress_move(&keeping->progress[i]);
    enum status status = options->context_open(
        options->engines, options->uses & ~(unsigned)(USES_SCORER | USES_MODEL), &keeping->context);
    if (status != STATUS_OK)
        goto no_context;
    if (options->bus != NULL &&
        pthread_create(&keeping->bus_thread, NULL, drive_bus, keeping) != 0) {
        status = STATUS_UNAVAILABLE;
        goto no_thread;
    }
    return STATUS_OK;
no_thread:
    options->context_close(options->engines, &keeping->context);
no_context:
    stop_destroy(&keeping->bus_stop);
    return status;
}

static enum status watch_start(struct housekeeping *keeping,
                               void (*look)(struct housekeeping *keeping), int64_t period_us)
{
    struct watch *watch = &keeping->watches[keeping->watch_count];
    *watch = (struct watch){.keeping = keeping, .look = look, .period_us = period_us};
    if (pthread_create(&watch->thread, NULL, watch_run, watch) != 0)
        return STATUS_UNAVAILABLE;
    keeping->watch_count++;
    return STATUS_OK;
}

static void watches_join(struct housekeeping *keeping)
{
    while (keeping->watch_count > 0)
        pthread_join(keeping->watches[--keeping->watch_count].thread, NULL);
}

enum status housekeeping_start(struct housekeeping *keeping, struct http_server *server)
{
    keeping->server = server;
    enum status status = watch_start(keeping, watch_store, LOOK_US);
    if (status == STATUS_OK && keeping->context.bus != NULL)
        status = watch_start(keeping, watch_bus, LOOK_US);
    if (status == STATUS_OK)
        status = watch_start(keeping, watch_cache, RATES_US);
    if (status == STATUS_OK && keeping->wakes &&
        pthread_create(&keeping->wake_thread, NULL, wake, keeping) != 0)
        status = STATUS_UNAVAILABLE;
    if (status != STATUS_OK) {
        stop_set(keeping->stop);
        watches_join(keeping);
    }
    return status;
}

void housekeeping_join(struct housekeeping *keeping)
{
    watches_join(keeping);
    if (keeping->wakes)
        pthread_join(keeping->wake_thread, NULL);
}

void housekeeping_close(struct housekeeping *keeping)
{
    if (keeping->options->bus != NULL) {
        stop_set(&keeping->bus_stop);
        pthread_join(keeping->bus_thread, NULL);
    }
    keeping->options->context_close(keeping->options->engines, &keeping->context);
    stop_destroy(&keeping->bus_stop);
}

/* The roles that cannot consume; returns whether there are none. */
static bool write_failing(struct buf *json, struct housekeeping *keeping)
{
    bool none = true;
    json_put_open(json, "failing", '[');
    for (size_t i = 0; i < keeping->options->role_count; i++) {
        bool failing = atomic_load(&keeping->progress[i].failing);
        if (failing)
            json_put_text(json, NULL, keeping->options->roles[i]->name);
        none = none && !failing;
    }
    json_put_close(json, ']');
    return none;
}

static bool progress_is_made_by_all(struct housekeeping *keeping)
{
    for (size_t i = 0; i < keeping->options->role_count; i++)
        if (keeping->options->roles[i]->consumer != NULL &&
            !progress_is_made(&keeping->progress[i]))
            return false;
    return true;
}

/* Every engine, and every stream that is consumed, by its name. */
static void write_checks(struct buf *json, struct housekeeping *keeping)
{
    const struct role_context *context = &keeping->context;
    json_put_open(json, "checks", '{');
    if (context->bus != NULL) {
        json_put_key(json, "bus");
        engine_seen_write(&keeping->bus, context->bus->ops->name, json);
    }
    if (context->store != NULL) {
        json_put_key(json, "store");
        engine_seen_write(&keeping->store, store_engine(context->store), json);
    }
    if (context->cache != NULL) {
        json_put_key(json, "cache");
        engine_seen_write(&keeping->cache, context->cache->ops->name, json);
    }
    for (size_t i = 0; i < keeping->options->role_count; i++) {
        const struct role *role = keeping->options->roles[i];
        if (role->consumer == NULL)
            continue;
        json_put_key(json, stream_name(role->consumer->stream));
        progress_write(&keeping->progress[i], role->name, json);
    }
    json_put_close(json, '}');
}

/* What no role of this process needs does not count: where events are taken, the store tells what
 * is better known, as revocations, and nothing else. */
static bool store_counts(const struct housekeeping *keeping)
{
    for (size_t i = 0; i < keeping->options->role_count; i++)
        if ((keeping->options->roles[i]->uses & USES_STORE) != 0 &&
            !keeping->options->roles[i]->without_store)
            return true;
    return false;
}

bool housekeeping_ready(void *argument, struct buf *json)
{
    struct housekeeping *keeping = argument;
    /* A lost cache makes answers slower, not wrong: it does not count. */
    bool ready = engine_seen_is_up(&keeping->bus) &&
                 (engine_seen_is_up(&keeping->store) || !store_counts(keeping)) &&
                 progress_is_made_by_all(keeping);
    json_put_open(json, NULL, '{');
    ready = write_failing(json, keeping) && ready;
    json_put_text(json, "status", ready ? "ready" : "not ready");
    write_checks(json, keeping);
    json_put_close(json, '}');
    return ready;
}
