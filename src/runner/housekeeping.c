/* SPDX-License-Identifier: Apache-2.0 */
#include "runner/housekeeping.h"

#include <signal.h>
#include <unistd.h>

#include "base/json_put.h"
#include "base/log.h"
#include "base/metrics.h"
#include "limits.h"
#include "wire/fields.h"

enum {
    RATES_PERIOD_US = 100000,
    LOOK_EVERY = 10,  /* periods: engines, revocations and files once a second */
    LAG_EVERY = 50,   /* periods: lag every five seconds */
    WAIT_US = 250000, /* of the bus and the wake-ups, so that a stop is noticed soon */
    PAUSE_US = 500000
};

static void *drive_bus(void *argument)
{
    struct housekeeping *keeping = argument;
    while (!stop_wait(&keeping->bus_stop, 0)) {
        enum status status = bus_flush(keeping->options->bus, WAIT_US);
        if (status == STATUS_INTERNAL && !atomic_exchange(&keeping->bus_ended, true)) {
            log_error("the bus ended for good: this process ends, to be started again",
                      LOG_TEXT("bus", keeping->options->bus->ops->name));
            kill(getpid(), SIGTERM);
        }
        if (status != STATUS_OK && stop_wait(&keeping->bus_stop, PAUSE_US))
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
    json_t *root;
    char reason[REASON_MAX + 1];
    if (json_document(payload, &root, reason) != STATUS_OK)
        return false;
    struct field_errors errors = {0};
    struct fields fields = {root, "body", &errors};
    bool known = field_uuid(&fields, "userId", user_id);
    json_decref(root);
    return known;
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

static void look_at(const char *engine, enum status status, const struct health *health,
                    struct engine_seen *seen)
{
    int before = atomic_exchange(&seen->status, (int)status);
    atomic_store(&seen->cause, health->cause);
    atomic_store(&seen->missing, health->missing);
    if (health->durability != DURABILITY_UNKNOWN)
        atomic_store(&seen->durability, (int)health->durability);
    if ((before == STATUS_OK) == (status == STATUS_OK))
        return;
    if (status == STATUS_OK)
        log_info("engine is up", LOG_TEXT("engine", engine));
    else
        log_warn("engine is down", LOG_TEXT("engine", engine),
                 LOG_TEXT("cause", health->cause == NULL ? "" : health->cause));
}

void housekeeping_look(struct housekeeping *keeping)
{
    struct role_context *context = &keeping->context;
    struct health health;
    if (context->bus != NULL)
        look_at("bus", bus_health(context->bus, &health), &health, &keeping->bus);
    if (context->store != NULL)
        look_at("store", store_health(context->store, &health), &health, &keeping->store);
    health = (struct health){0};
    if (context->cache != NULL)
        look_at("cache", cache_ping(context->cache), &health, &keeping->cache);
}

/* What could not be read is read next time. */
static void read_revocations(struct housekeeping *keeping)
{
    struct role_context *context = &keeping->context;
    if (context->store != NULL)
        (void)!revocations_refresh(context->revocations, context->store);
}

static void measure_lag(struct housekeeping *keeping)
{
    for (size_t i = 0; i < keeping->options->role_count; i++) {
        const struct consumer_step *consumer = keeping->options->roles[i]->consumer;
        struct bus_lag lag;
        if (consumer != NULL && bus_lag(keeping->context.bus, consumer->stream, &lag) == STATUS_OK)
            metric_set(METRIC_bus_lag, stream_label(consumer->stream), (int64_t)lag.pending);
    }
}

static void *keep(void *argument)
{
    struct housekeeping *keeping = argument;
    for (int64_t period = 1; !stop_wait(keeping->stop, RATES_PERIOD_US); period++) {
        http_server_share_rates(keeping->server, keeping->context.cache);
        if (period % LOOK_EVERY == 0) {
            housekeeping_look(keeping);
            read_revocations(keeping);
            keeping->options->refresh(keeping->options->engines, keeping->context.store);
        }
        if (period % LAG_EVERY == 0)
            measure_lag(keeping);
    }
    return NULL;
}

static bool streams_events(const struct runner_options *options)
{
    for (size_t i = 0; i < options->role_count; i++) {
        for (size_t k = 0; k < options->roles[i]->endpoint_count; k++) {
            if (options->roles[i]->endpoints[k].kind == ENDPOINT_EVENTS)
                return true;
        }
    }
    return false;
}

enum status housekeeping_open(struct housekeeping *keeping, const struct runner_options *options,
                              struct stop *stop)
{
    *keeping =
        (struct housekeeping){.options = options, .stop = stop, .wakes = streams_events(options)};
    stop_init(&keeping->bus_stop);
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

enum status housekeeping_start(struct housekeeping *keeping, struct http_server *server)
{
    keeping->server = server;
    read_revocations(keeping);
    keeping->options->refresh(keeping->options->engines, keeping->context.store);
    if (pthread_create(&keeping->thread, NULL, keep, keeping) != 0)
        return STATUS_UNAVAILABLE;
    if (!keeping->wakes || pthread_create(&keeping->wake_thread, NULL, wake, keeping) == 0)
        return STATUS_OK;
    stop_set(keeping->stop);
    pthread_join(keeping->thread, NULL);
    return STATUS_UNAVAILABLE;
}

void housekeeping_join(struct housekeeping *keeping)
{
    pthread_join(keeping->thread, NULL);
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

static void write_text(struct buf *json, const char *name, const char *text)
{
    json_put_key(json, name);
    json_put_text(json, text);
}

static void write_check(struct buf *json, const char *engine, const char *adapter,
                        struct engine_seen *seen)
{
    const char *cause = atomic_load(&seen->cause), *missing = atomic_load(&seen->missing);
    const char *durability = durability_name((enum durability)atomic_load(&seen->durability));
    json_put_key(json, engine);
    json_put_open(json, '{');
    write_text(json, "engine", adapter);
    write_text(json, "status", atomic_load(&seen->status) == STATUS_OK ? "up" : "down");
    if (missing != NULL)
        write_text(json, "missing", missing);
    if (cause != NULL)
        write_text(json, "cause", cause);
    if (durability != NULL)
        write_text(json, "durability", durability);
    json_put_close(json, '}');
}

/* The roles that cannot consume; returns whether there are none. */
static bool write_failing(struct buf *json, const struct housekeeping *keeping)
{
    bool none = true;
    json_put_key(json, "failing");
    json_put_open(json, '[');
    for (size_t i = 0; i < ROLES_MAX; i++) {
        const char *role = atomic_load(&keeping->failing[i]);
        if (role != NULL)
            json_put_text(json, role);
        none = none && role == NULL;
    }
    json_put_close(json, ']');
    return none;
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
    const struct role_context *context = &keeping->context;
    /* A lost cache makes answers slower, not wrong: it does not count. */
    bool ready = atomic_load(&keeping->bus.status) == STATUS_OK &&
                 (atomic_load(&keeping->store.status) == STATUS_OK || !store_counts(keeping));
    json_put_open(json, '{');
    ready = write_failing(json, keeping) && ready;
    write_text(json, "status", ready ? "ready" : "not ready");
    json_put_key(json, "checks");
    json_put_open(json, '{');
    if (context->bus != NULL)
        write_check(json, "bus", context->bus->ops->name, &keeping->bus);
    if (context->store != NULL)
        write_check(json, "store", context->store->ops->name, &keeping->store);
    if (context->cache != NULL)
        write_check(json, "cache", context->cache->ops->name, &keeping->cache);
    json_put_close(json, '}');
    json_put_close(json, '}');
    return ready;
}
