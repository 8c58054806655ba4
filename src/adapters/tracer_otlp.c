/* SPDX-License-Identifier: Apache-2.0
 *
 * Two arrays: one fills under the lock, the other is sent without it, and they are swapped.
 */
#include "adapters/tracer_otlp.h"

#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_put.h"
#include "process/log.h"
#include "process/metrics.h"
#include "process/steady.h"

enum {
    BODY_MAX = TRACE_BATCH_MAX * 2048,
    URL_SIZE = 1100,
    NANOSECONDS = 1000 /* in a microsecond */
};

static const char status_error[] = "{\"code\":2}";
static const char scope[] = "{\"name\":\"ecs\"}";

struct tracer_otlp {
    struct tracer base;
    struct otlp_resource resource;
    char url[URL_SIZE];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool closing;         /* the next two too: by the lock */
    struct span *filling; /* TRACE_SPANS_MAX of them, as in `sending` */
    size_t filled;
    struct span *sending; /* from here on: of the thread */
    CURL *curl;
    struct curl_slist *headers;
    struct buf body;
    bool failing;
};

static void put_number_text(struct buf *json, const char *key, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    json_put_text(json, key, text);
}

static void put_attribute(struct buf *json, const char *key, const char *text, int64_t number)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "key", key);
    json_put_open(json, "value", '{');
    if (text != NULL)
        json_put_text(json, "stringValue", text);
    else
        put_number_text(json, "intValue", number);
    json_put_ends(json, "}}");
}

static void put_resource(struct buf *json, const struct otlp_resource *resource)
{
    json_put_open(json, "resource", '{');
    json_put_open(json, "attributes", '[');
    put_attribute(json, "service.name", resource->service, 0);
    put_attribute(json, "service.version", ECS_VERSION, 0);
    put_attribute(json, "service.instance.id", resource->instance, 0);
    json_put_ends(json, "]}");
}

static void put_span(struct buf *json, const struct span *span)
{
    char name[160];
    snprintf(name, sizeof name, "%s%s%s", span->action, span->object == NULL ? "" : " ",
             span->object == NULL ? "" : span->object);
    json_put_open(json, NULL, '{');
    json_put_bytes(json, "traceId",
                   (struct slice){span->traceparent + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES});
    json_put_bytes(json, "spanId",
                   (struct slice){span->traceparent + TRACEPARENT_SPAN_AT, 2 * SPAN_BYTES});
    if (span->parent_id[0] != '\0')
        json_put_text(json, "parentSpanId", span->parent_id);
    json_put_text(json, "name", name);
    json_put_integer(json, "kind", span->kind);
    put_number_text(json, "startTimeUnixNano", span->started_us * NANOSECONDS);
    put_number_text(json, "endTimeUnixNano", span->ended_us * NANOSECONDS);
    json_put_open(json, "attributes", '[');
    for (size_t i = 0; i < span->attribute_count; i++) {
        const struct span_attribute *attribute = &span->attributes[i];
        put_attribute(json, attribute->key, attribute->text, attribute->number);
    }
    if (span->request_id[0] != '\0')
        put_attribute(json, "ecs.request_id", span->request_id, 0);
    json_put_close(json, ']');
    if (span->failed)
        json_put_raw(json, "status", slice_of(status_error));
    json_put_close(json, '}');
}

void tracer_otlp_encode(const struct otlp_resource *resource, const struct span spans[],
                        size_t count, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_open(json, "resourceSpans", '[');
    json_put_open(json, NULL, '{');
    put_resource(json, resource);
    json_put_open(json, "scopeSpans", '[');
    json_put_open(json, NULL, '{');
    json_put_raw(json, "scope", slice_of(scope));
    json_put_open(json, "spans", '[');
    for (size_t i = 0; i < count; i++)
        put_span(json, &spans[i]);
    json_put_ends(json, "]}]}]}");
}

static void record(struct tracer *base, const struct span *span)
{
    struct tracer_otlp *tracer = (struct tracer_otlp *)base;
    pthread_mutex_lock(&tracer->lock);
    assert(tracer->filled <= TRACE_SPANS_MAX && !tracer->closing);
    bool room = tracer->filled < TRACE_SPANS_MAX;
    if (room)
        tracer->filling[tracer->filled++] = *span;
    if (tracer->filled == TRACE_BATCH_MAX)
        pthread_cond_signal(&tracer->changed);
    pthread_mutex_unlock(&tracer->lock);
    if (!room)
        metric_add(METRIC_trace_spans, LABEL_dropped, 1);
}

/* What the collector answers is not looked at. */
static size_t discard(char *data, size_t size, size_t count, void *argument)
{
    (void)data, (void)argument;
    return size * count;
}

static bool post(struct tracer_otlp *tracer, const struct span spans[], size_t count,
                 int64_t wait_us)
{
    long code = 0;
    buf_clear(&tracer->body);
    tracer_otlp_encode(&tracer->resource, spans, count, &tracer->body);
    long wait_ms = (long)(wait_us / 1000);
    if (tracer->body.overflowed || wait_ms <= 0)
        return false;
    curl_easy_setopt(tracer->curl, CURLOPT_TIMEOUT_MS,
                     wait_ms < TRACE_EXPORT_MS ? wait_ms : (long)TRACE_EXPORT_MS);
    curl_easy_setopt(tracer->curl, CURLOPT_POSTFIELDS, tracer->body.data);
    curl_easy_setopt(tracer->curl, CURLOPT_POSTFIELDSIZE, (long)tracer->body.size);
    return curl_easy_perform(tracer->curl) == CURLE_OK &&
           curl_easy_getinfo(tracer->curl, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK &&
           code / 100 == 2;
}

/* Tells once that the collector takes nothing, and once that it does again. */
static void note(struct tracer_otlp *tracer, bool failing)
{
    if (failing && !tracer->failing)
        log_warn("spans are dropped; the collector does not take them",
                 LOG_TEXT("service", tracer->resource.service));
    else if (!failing && tracer->failing)
        log_info("the collector takes spans again", LOG_TEXT("service", tracer->resource.service));
    tracer->failing = failing;
}

/* Sends `count` spans of `sending` until the first failure or for `wait_us`; drops the rest. */
static void export(struct tracer_otlp *tracer, size_t count, int64_t wait_us)
{
    int64_t end_us = clock_monotonic_us(tracer->base.clock) + wait_us;
    size_t sent = 0;
    bool failed = false;
    while (sent < count && !failed) {
        size_t part = count - sent < TRACE_BATCH_MAX ? count - sent : TRACE_BATCH_MAX;
        failed = !post(tracer, tracer->sending + sent, part,
                       end_us - clock_monotonic_us(tracer->base.clock));
        sent += failed ? 0 : part;
    }
    assert(sent <= count && count <= TRACE_SPANS_MAX);
    metric_add(METRIC_trace_spans, LABEL_exported, (int64_t)sent);
    metric_add(METRIC_trace_spans, LABEL_dropped, (int64_t)(count - sent));
    if (count > 0)
        note(tracer, failed);
}

/* Waits for a full batch, the end, or a period; takes what is there. True: the end. */
static bool take(struct tracer_otlp *tracer, size_t *count)
{
    int64_t due_us = steady_now_us() + TRACE_PERIOD_US;
    pthread_mutex_lock(&tracer->lock);
    while (!tracer->closing && tracer->filled < TRACE_BATCH_MAX &&
           steady_wait(&tracer->changed, &tracer->lock, due_us))
        ;
    assert(tracer->filling != tracer->sending);
    struct span *taken = tracer->filling;
    tracer->filling = tracer->sending;
    tracer->sending = taken;
    *count = tracer->filled;
    tracer->filled = 0;
    bool end = tracer->closing;
    pthread_mutex_unlock(&tracer->lock);
    return end;
}

static void *run(void *argument)
{
    struct tracer_otlp *tracer = argument;
    for (bool end = false; !end;) {
        size_t count;
        end = take(tracer, &count);
        export(tracer, count, end ? TRACE_FLUSH_US : INT64_MAX / 2);
    }
    return NULL;
}

static void tracer_free(struct tracer_otlp *tracer)
{
    pthread_cond_destroy(&tracer->changed);
    pthread_mutex_destroy(&tracer->lock);
    curl_easy_cleanup(tracer->curl);
    curl_slist_free_all(tracer->headers);
    buf_free(&tracer->body);
    free(tracer->filling);
    free(tracer->sending);
    free(tracer);
}

static void close_otlp(struct tracer *base)
{
    struct tracer_otlp *tracer = (struct tracer_otlp *)base;
    pthread_mutex_lock(&tracer->lock);
    tracer->closing = true;
    pthread_cond_signal(&tracer->changed);
    pthread_mutex_unlock(&tracer->lock);
    pthread_join(tracer->thread, NULL);
    tracer_free(tracer);
}

static bool set_options(struct tracer_otlp *tracer)
{
    CURL *curl = tracer->curl;
    return curl_easy_setopt(curl, CURLOPT_URL, tracer->url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, tracer->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard) == CURLE_OK;
}

static bool prepare(struct tracer_otlp *tracer)
{
    tracer->filling = malloc(TRACE_SPANS_MAX * sizeof *tracer->filling);
    tracer->sending = malloc(TRACE_SPANS_MAX * sizeof *tracer->sending);
    tracer->curl = curl_easy_init();
    tracer->headers = curl_slist_append(NULL, "Content-Type: application/json");
    return tracer->filling != NULL && tracer->sending != NULL && tracer->curl != NULL &&
           tracer->headers != NULL && set_options(tracer);
}

enum status tracer_otlp_open(const char *endpoint, const char *service, struct clock *clock,
                             struct entropy *entropy, struct tracer **out)
{
    static const struct tracer_ops ops = {.record = record, .close = close_otlp};
    size_t size = strlen(endpoint);
    if (strncmp(endpoint, "http://", 7) != 0 && strncmp(endpoint, "https://", 8) != 0)
        return STATUS_INVALID;
    struct tracer_otlp *tracer = calloc(1, sizeof *tracer);
    if (tracer == NULL)
        return STATUS_UNAVAILABLE;
    tracer->base = (struct tracer){&ops, clock, entropy};
    snprintf(tracer->resource.service, sizeof tracer->resource.service, "%s", service);
    struct uuid instance = entropy_uuid(entropy, clock_now_us(clock));
    uuid_format(&instance, tracer->resource.instance);
    snprintf(tracer->url, sizeof tracer->url, "%s%sv1/traces", endpoint,
             endpoint[size - 1] == '/' ? "" : "/");
    buf_init(&tracer->body, BODY_MAX);
    pthread_mutex_init(&tracer->lock, NULL);
    steady_condition_init(&tracer->changed);
    if (!prepare(tracer) || pthread_create(&tracer->thread, NULL, run, tracer) != 0) {
        tracer_free(tracer);
        return STATUS_UNAVAILABLE;
    }
    *out = &tracer->base;
    return STATUS_OK;
}
