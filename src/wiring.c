/* SPDX-License-Identifier: Apache-2.0 */
#include "wiring.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/cache_memory.h"
#include "adapters/cache_redis.h"
#include "adapters/clock.h"
#include "adapters/entropy.h"
#include "adapters/tracer_otlp.h"
#include "bus/nats.h"
#include "bus/sqlite.h"
#include "domain/scorecard.h"
#include "faults.h"
#include "process/log.h"
#include "scorers/http.h"
#include "scorers/simple.h"
#include "store/postgres_check.h"
#include "store/sql_sqlite.h"
#include "store/sqlite_file.h"
#include "store/store.h"

enum { CACHE_BYTES_MAX = 4 << 20 };

static bool asks_a_service(const struct engines *engines)
{
    return engines->settings->credit_analysis_service_url[0] != '\0';
}

/* "fixed:0.25" answers 0.25 to everything. INVALID: it is no such name. */
static enum status fixed_open(const char *name, struct scorer **scorer)
{
    static const char prefix[] = "fixed:";
    char *end;
    if (strncmp(name, prefix, sizeof prefix - 1) != 0)
        return STATUS_INVALID;
    double value = strtod(name + sizeof prefix - 1, &end);
    if (end == name + sizeof prefix - 1 || *end != '\0' || !(value >= 0 && value <= 1))
        return STATUS_INVALID;
    return scorer_fixed_open((int32_t)lround(value * MILLIONTHS), scorer);
}

static enum status model_open(struct engines *engines, struct scorer **scorer)
{
    const struct settings *settings = engines->settings;
    enum trained_form form;
    if (reload_takes_model(settings, &form))
        return scorer_trained_open(&engines->reload.trained, scorer);
    if (strcmp(settings->scorer, "scorecard") == 0)
        return scorer_scorecard_open(scorer);
    if (strcmp(settings->scorer, "random") == 0)
        return scorer_random_open(engines->entropy, scorer);
    return fixed_open(settings->scorer, scorer);
}

/* "random" is INVALID: it never answers the same. */
enum status engines_model_open(struct engines *engines, const char *name, struct scorer **model)
{
    struct shelved_model shelved;
    char reason[REASON_MAX + 1];
    if (strcmp(name, SCORECARD_MODEL) == 0)
        return scorer_scorecard_open(model);
    enum status status = fixed_open(name, model);
    if (status != STATUS_INVALID || strcmp(name, "random") == 0)
        return status;
    bool points = strncmp(name, POINTS_PREFIX, sizeof POINTS_PREFIX - 1) == 0;
    if (points)
        name += sizeof POINTS_PREFIX - 1;
    if (shelved_model_find(engines->reload.shelf, name, &shelved) != STATUS_OK)
        return STATUS_NOT_FOUND;
    if (trained_source_publish(&engines->reload.trained, points ? TRAINED_POINTS : TRAINED_TREES,
                               &shelved, reason) == STATUS_OK)
        return scorer_trained_open(&engines->reload.trained, model);
    log_error("model cannot be loaded", LOG_TEXT("reason", reason));
    return STATUS_NOT_FOUND;
}

static enum status bus_open(struct engines *engines, bool reads, struct buf *faults)
{
    const struct settings *settings = engines->settings;
    char path[SETTING_TEXT_MAX + 16], reason[REASON_MAX + 1];
    if (settings->nats_url[0] == '\0') {
        snprintf(path, sizeof path, "%s/bus.db", settings->data_dir);
        enum status status = reads ? bus_sqlite_open_to_read(path, &engines->bus, reason)
                                   : bus_sqlite_open(path, engines->clock, &engines->bus, reason);
        return fault_file(faults, settings->data_dir, status,
                          status == STATUS_NOT_FOUND ? "log (bus.db)" : reason);
    }
    struct bus_nats_options options = {.urls = settings->nats_url,
                                       .ca_file = settings->tls_ca_file,
                                       .replicas = (int)settings->nats_replicas,
                                       .in_memory = strcmp(settings->nats_storage, "memory") == 0};
    enum status status = bus_nats_open(&options, &engines->bus, reason);
    if (status == STATUS_INVALID && reason[0] == '\0')
        return fault_shape(
            faults, "NATS_URL",
            "nats://[USER:PASSWORD@]HOST[:PORT], or several parted by commas; or all "
            "with tls://, and TLS_CA_FILE empty or a PEM file");
    return fault_engine(faults, engines->serves, "NATS_URL", status, reason);
}

static enum status tracer_open(struct engines *engines, const char *role, struct buf *faults)
{
    const char *endpoint = engines->settings->otlp_endpoint;
    char service[OTLP_SERVICE_SIZE];
    if (role == NULL || endpoint[0] == '\0')
        return STATUS_OK;
    snprintf(service, sizeof service, "ecs%s%s", role[0] == '\0' ? "" : "-", role);
    if (tracer_otlp_open(endpoint, service, engines->clock, engines->entropy, &engines->tracer) ==
        STATUS_OK)
        return STATUS_OK;
    return fault_shape(faults, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://HOST:PORT");
}

/* The embedded database is opened; PostgreSQL is asked whether it lets us in. */
static enum status store_prepare(struct engines *engines, bool reads, struct buf *faults)
{
    const struct settings *settings = engines->settings;
    char path[SETTING_TEXT_MAX + 16], reason[REASON_MAX + 1] = "";
    if (settings->database_url[0] == '\0') {
        snprintf(path, sizeof path, "%s/ecs.db", settings->data_dir);
        enum status status = reads ? sqlite_database_open_to_read(path, &engines->database, reason)
                                   : sqlite_database_open(path, &engines->database, reason);
        return fault_file(faults, settings->data_dir, status,
                          status == STATUS_NOT_FOUND ? "database (ecs.db)" : reason);
    }
    if (!postgres_check_url(settings->database_url))
        return fault_shape(faults, "DATABASE_URL",
                           "postgresql://[USER[:PASSWORD]@][HOST][:PORT][/DATABASE], where %40 "
                           "stands for an @ and %2F for a / in a password, or host=HOST dbname=…");
    enum status status = postgres_check(settings->database_url, reason);
    return fault_engine(faults, engines->serves, "DATABASE_URL", status, reason);
}

static enum status cache_prepare(struct engines *engines, struct buf *faults)
{
    const char *url = engines->settings->redis_url;
    char reason[REASON_MAX + 1] = "";
    struct cache *cache;
    if (url[0] == '\0')
        return cache_memory_open(CACHE_BYTES_MAX, engines->clock, &engines->memory);
    if (cache_redis_open(url, engines->settings->tls_ca_file, CACHE_BUDGET_US, &cache) != STATUS_OK)
        return fault_shape(faults, "REDIS_URL",
                           "redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE] or "
                           "redis+sentinel://[[USER]:PASSWORD@]HOST[:PORT],…/MASTER[/DATABASE]; "
                           "with rediss:// over TLS, and TLS_CA_FILE empty or a PEM file");
    cache_close(cache);
    return fault_engine(faults, engines->serves, "REDIS_URL",
                        cache_redis_check(url, engines->settings->tls_ca_file, reason), reason);
}

/* A scorer is opened and closed, so that an unusable one is found now. */
static enum status scorer_try(struct engines *engines, unsigned uses, struct buf *faults)
{
    struct role_context context;
    enum status status = engines_context_open(engines, uses & (USES_SCORER | USES_MODEL), &context);
    if (status == STATUS_OK) {
        engines_context_close(engines, &context);
        return STATUS_OK;
    }
    if ((uses & USES_SCORER) != 0 && asks_a_service(engines))
        return fault_shape(
            faults, "CREDIT_ANALYSIS_SERVICE_URL",
            "http://HOST[:PORT]/v1/predict or http://HOST[:PORT]/v2/models/NAME/infer");
    return fault_shape(faults, "SCORER",
                       "trained, points, scorecard, random, or fixed:RISK with a risk of 0 to 1");
}

static void role_settings_fill(struct engines *engines)
{
    const struct settings *settings = engines->settings;
    engines->role_settings = (struct role_settings){
        .policies = &engines->reload.policies,
        .tokens = &engines->secrets.tokens,
        .access_token_life_us = settings->access_token_s * SECOND_US,
        .refresh_token_life_us = settings->refresh_token_s * SECOND_US,
        .feature_cache_life_us = settings->feature_cache_s * SECOND_US,
        .raw_life_us = settings->retention_days * DAY_US,
        .currency = engines->reload.currency,
        .failed_logins_max = settings->rate_failed_logins,
        .logins_per_second_max = settings->rate_logins,
        .registrations_per_second_max = settings->rate_registrations,
        .batch_max = settings->batch_events,
    };
}

enum status engines_open(struct engines *engines, const struct settings *settings,
                         const struct needs *needs, struct buf *faults)
{
    engines->settings = settings;
    engines->clock = clock_system();
    engines->entropy = entropy_system();
    reload_init(&engines->reload, settings, engines->clock, (needs->uses & USES_SCORER) != 0);
    role_settings_fill(engines);
    engines->serves = needs->service != NULL;
    atomic_store(&engines->schema_current, !engines->serves);
    /* Every check runs even after one has failed: all faults are told at once. What lies in
     * DATA_DIR has its fault alone, and so has a scorer whose model has one. */
    enum status status =
        needs->reads ? STATUS_OK
                     : fault_folder(faults, settings->data_dir, settings_are_embedded(settings));
    bool usable = status == STATUS_OK;
    if (usable)
        snprintf(engines->reload.shelf, sizeof engines->reload.shelf, "%s/models",
                 settings->data_dir);
    if (needs->tokens && (usable || !settings_are_embedded(settings)))
        status = fault_worse(status, secrets_load_tokens(&engines->secrets, settings, faults));
    if (needs->internal && (usable || !settings_are_embedded(settings)))
        status = fault_worse(status, secrets_load_keys(&engines->secrets, settings, faults));
    status = fault_worse(status, reload_read_policy(&engines->reload, faults));
    enum status model = reload_read_model(&engines->reload, needs->uses, faults);
    status = fault_worse(status, model);
    status = fault_worse(status, reload_read_challengers(&engines->reload, needs->uses, faults));
    status = fault_worse(status, tracer_open(engines, needs->service, faults));
    if ((needs->uses & USES_BUS) != 0 && (usable || settings->nats_url[0] != '\0'))
        status = fault_worse(status, bus_open(engines, needs->reads, faults));
    if ((needs->uses & USES_STORE) != 0 && (usable || settings->database_url[0] != '\0'))
        status = fault_worse(status, store_prepare(engines, needs->reads, faults));
    if ((needs->uses & USES_CACHE) != 0)
        status = fault_worse(status, cache_prepare(engines, faults));
    engines->gate = breaker_gate_create(engines->clock, engines->entropy);
    engines->revocations = revocations_create();
    if (engines->gate == NULL || engines->revocations == NULL)
        status = fault_worse(status, STATUS_UNAVAILABLE);
    if ((needs->uses & (USES_SCORER | USES_MODEL)) != 0 && model == STATUS_OK)
        status = fault_worse(status, scorer_try(engines, needs->uses, faults));
    if (status != STATUS_OK)
        engines_close(engines);
    return status;
}

void engines_close(struct engines *engines)
{
    if (engines->bus != NULL)
        bus_close(engines->bus);
    if (engines->database != NULL)
        sqlite_database_close(engines->database);
    if (engines->memory != NULL)
        cache_close(engines->memory);
    if (engines->gate != NULL)
        breaker_gate_destroy(engines->gate);
    reload_close(&engines->reload);
    revocations_destroy(engines->revocations);
    if (engines->tracer != NULL)
        tracer_close(engines->tracer);
}

static enum status store_open_bare(struct engines *engines, struct store **store)
{
    if (engines->settings->database_url[0] != '\0')
        return store_postgres_open(engines->settings->database_url, store);
    return engines->database == NULL ? STATUS_UNAVAILABLE
                                     : store_sqlite_open(engines->database, store);
}

/* It is shut until the schema is current: no request and no event meets a database without it. */
static enum status store_open(struct engines *engines, struct store **store)
{
    enum status status = store_open_bare(engines, store);
    if (status == STATUS_OK)
        store_gate(*store, &engines->schema_current);
    return status;
}

enum status engines_schema_prepare(struct engines *engines, int *applied,
                                   char reason[REASON_MAX + 1])
{
    const char *url = engines->settings->database_url;
    struct store *store;
    *applied = 0;
    strcpy(reason, "its schema cannot be made current");
    enum status status = url[0] == '\0' ? STATUS_OK : postgres_check(url, reason);
    if (status != STATUS_OK)
        return status;
    status = store_open_bare(engines, &store);
    if (status != STATUS_OK)
        return status;
    status = store_migrate(store, applied);
    if (status == STATUS_TIMED_OUT) {
        strcpy(reason, "another process migrates it");
        status = STATUS_UNAVAILABLE;
    } else if (status == STATUS_FORBIDDEN) {
        strcpy(reason, "its schema is not current: run ecs migrate with the owner's login");
        status = STATUS_UNAVAILABLE;
    } else if (status == STATUS_OK) {
        reload_keep_policies(&engines->reload, store);
        /* Its time of day is known before anything is done by it. */
        (void)!store_health(store, &(struct health){0});
        atomic_store(&engines->schema_current, true);
    } else if (status != STATUS_UNAVAILABLE) {
        status = STATUS_INTERNAL;
    }
    store_close(store);
    return status;
}

static enum status cache_open(struct engines *engines, struct cache **cache)
{
    if (engines->settings->redis_url[0] != '\0')
        return cache_redis_open(engines->settings->redis_url, engines->settings->tls_ca_file,
                                CACHE_BUDGET_US, cache);
    *cache = engines->memory;
    return engines->memory == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
}

/* A breaker around a service, or around the model in this process: that of the context, if it has
 * one, for each handle has trees of its own. */
static enum status scorer_open(struct engines *engines, struct role_context *context)
{
    struct scorer *inner = context->model;
    enum status status = STATUS_OK;
    if (asks_a_service(engines))
        status = scorer_http_open(engines->settings->credit_analysis_service_url, engines->clock,
                                  engines->tracer, &inner);
    else if (inner == NULL)
        status = model_open(engines, &inner);
    if (status != STATUS_OK)
        return status;
    status = scorer_breaker_open(engines->gate, inner, &context->scorer);
    if (status != STATUS_OK && inner != context->model)
        scorer_close(inner);
    return status;
}

enum status engines_context_open(struct engines *engines, unsigned uses,
                                 struct role_context *context)
{
    *context = (struct role_context){
        .settings = &engines->role_settings,
        .bus = engines->bus,
        .tracer = engines->tracer,
        .clock = engines->clock,
        .entropy = engines->entropy,
        .revocations = engines->revocations,
        .challengers = engines->reload.challengers.count == 0 ? NULL : &engines->reload.challengers,
    };
    enum status status = STATUS_OK;
    if ((uses & USES_STORE) != 0)
        status = store_open(engines, &context->store);
    if (status == STATUS_OK && (uses & USES_CACHE) != 0)
        status = cache_open(engines, &context->cache);
    if (status == STATUS_OK && (uses & USES_MODEL) != 0)
        status = model_open(engines, &context->model);
    if (status == STATUS_OK && (uses & USES_SCORER) != 0)
        status = scorer_open(engines, context);
    if (status != STATUS_OK)
        engines_context_close(engines, context);
    return status;
}

void engines_context_close(struct engines *engines, struct role_context *context)
{
    if (context->store != NULL)
        store_close(context->store);
    /* A breaker closes what it is around. */
    if (context->model != NULL && (context->scorer == NULL || asks_a_service(engines)))
        scorer_close(context->model);
    if (context->scorer != NULL)
        scorer_close(context->scorer);
    /* The map in this process is shared by all threads and closed with the engines. */
    if (context->cache != NULL && context->cache != engines->memory)
        cache_close(context->cache);
    *context = (struct role_context){0};
}

void engines_refresh(struct engines *engines, struct store *store)
{
    reload_refresh(&engines->reload, store);
}
