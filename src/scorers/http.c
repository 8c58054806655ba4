/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/http.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "wire/score_json.h"

enum { PATIENCE_US = 200000, REPLY_MAX = 64 * 1024, REQUEST_MAX = 16 * 1024 };

struct scorer_http {
    struct scorer base;
    CURL *curl;
    struct clock *clock;
    struct tracer *tracer; /* NULL: none */
    bool infers;           /* the URL ends in /infer: the Open Inference Protocol */
    struct buf request;
    struct buf reply;
    char model[MODEL_NAME_MAX + 1]; /* that answered last */
};

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* A reply that is too long ends the call. */
static size_t receive(char *data, size_t size, size_t count, void *argument)
{
    struct buf *reply = argument;
    buf_append(reply, data, size * count);
    return reply->overflowed ? 0 : size * count;
}

/* False: out of memory. A header without a value is left out. */
static bool add_header(struct curl_slist **headers, const char *name, const char *value)
{
    char line[TRACE_ID_MAX + 32];
    if (value == NULL || value[0] == '\0')
        return true;
    snprintf(line, sizeof line, "%s: %s", name, value);
    struct curl_slist *longer = curl_slist_append(*headers, line);
    if (longer == NULL)
        return false;
    *headers = longer;
    return true;
}

/* False: the deadline has passed. To curl, no time at all means no limit. */
static bool set_timeout(struct scorer_http *http, int64_t deadline_us)
{
    long left_ms = (long)((deadline_us - clock_monotonic_us(http->clock)) / 1000);
    assert(left_ms <= PATIENCE_US / 1000);
    return left_ms > 0 && curl_easy_setopt(http->curl, CURLOPT_TIMEOUT_MS, left_ms) == CURLE_OK;
}

/* Sends what is in `request` and sets `code`; false: no answer came before the deadline. */
static bool perform(struct scorer_http *http, const char *request_id, const char *traceparent,
                    int64_t deadline_us, long *code)
{
    struct curl_slist *headers = NULL;
    bool good = add_header(&headers, "Content-Type", "application/json") &&
                add_header(&headers, "X-Request-ID", request_id) &&
                add_header(&headers, "traceparent", traceparent);
    buf_clear(&http->reply);
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, http->request.data);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE, (long)http->request.size);
    good = good && set_timeout(http, deadline_us) && curl_easy_perform(http->curl) == CURLE_OK &&
           curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, code) == CURLE_OK;
    curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return good;
}

/* The same, as a span. OK: the answer is in `reply`. */
static enum status post(struct scorer_http *http, const struct question *question,
                        int64_t deadline_us)
{
    long code = 0;
    struct span span;
    span_begin(&span, http->tracer, slice_of(question->traceparent),
               slice_of(question->request_id));
    bool answered = perform(http, question->request_id, span.traceparent, deadline_us, &code);
    if (span.recorded) {
        span.kind = SPAN_CLIENT;
        span.action = "POST";
        span.object = http->infers ? "infer" : "predict";
        span.failed = code != 200;
        span_text(&span, "http.request.method", span.action);
        if (answered)
            span_number(&span, "http.response.status_code", code);
        span_end(&span, http->tracer);
    }
    if (answered && (code == 400 || code == 422))
        return STATUS_INVALID;
    return answered && code == 200 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status ask(struct scorer_http *http, const struct question *question,
                       int64_t deadline_us, struct score *score, bool *one_risk)
{
    buf_clear(&http->request);
    score_question_encode(question, &http->request);
    enum status status = post(http, question, deadline_us);
    if (status == STATUS_OK && score_decode(buf_slice(&http->reply), score, one_risk) != STATUS_OK)
        status = STATUS_UNAVAILABLE;
    return status;
}

/* A service that knows of no guard is asked again, as if nothing were known of the feelings. */
static enum status ask_twice(struct scorer_http *http, const struct question *question,
                             int64_t deadline_us, struct score *score)
{
    bool one_risk;
    enum status status = ask(http, question, deadline_us, score, &one_risk);
    if (status != STATUS_OK || !one_risk || question->guard == GUARD_FULL)
        return status;
    struct question financial = *question;
    struct score second;
    financial.features = features_without_emotions(&question->features);
    status = ask(http, &financial, deadline_us, &second, &one_risk);
    if (status == STATUS_OK)
        score->risk_financial = second.risk;
    return status;
}

/* Any server of the Open Inference Protocol: both risks are two rows of one request. */
static enum status infer(struct scorer_http *http, const struct question *question,
                         int64_t deadline_us, struct score *score)
{
    struct features rows[] = {question->features, features_without_emotions(&question->features)};
    int32_t risks[2];
    buf_clear(&http->request);
    infer_request_encode(rows, 2, &http->request);
    enum status status = post(http, question, deadline_us);
    *score = (struct score){0};
    if (status == STATUS_OK &&
        score_tensors_decode(buf_slice(&http->reply), risks, 2, score->model) != STATUS_OK)
        status = STATUS_UNAVAILABLE;
    if (status == STATUS_OK) {
        score->risk_full = risks[0];
        score->risk_financial = risks[1];
    }
    return status;
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    struct scorer_http *http = (struct scorer_http *)base;
    int64_t deadline_us = clock_monotonic_us(http->clock) + PATIENCE_US;
    enum status status = http->infers ? infer(http, question, deadline_us, score)
                                      : ask_twice(http, question, deadline_us, score);
    if (status != STATUS_OK)
        return status;
    if (score->model[0] == '\0')
        snprintf(score->model, sizeof score->model, "http");
    memcpy(http->model, score->model, sizeof http->model);
    enum risk_basis explained = score->basis;
    scoring_decide(question, score);
    if (score->basis != explained)
        memset(score->weights, 0, sizeof score->weights);
    return STATUS_OK;
}

static const char *model(struct scorer *base)
{
    return ((struct scorer_http *)base)->model;
}

static void close_http(struct scorer *base)
{
    struct scorer_http *http = (struct scorer_http *)base;
    curl_easy_cleanup(http->curl);
    buf_free(&http->request);
    buf_free(&http->reply);
    free(http);
}

static bool set_options(struct scorer_http *http, const char *url)
{
    CURL *curl = http->curl;
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, &http->reply) == CURLE_OK;
}

enum status scorer_http_open(const char *url, struct clock *clock, struct tracer *tracer,
                             struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_http};
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return STATUS_INVALID;
    pthread_once(&curl_once, curl_start);
    struct scorer_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return STATUS_UNAVAILABLE;
    http->base.ops = &ops;
    http->clock = clock;
    http->tracer = tracer;
    http->infers = strlen(url) > 6 && strcmp(url + strlen(url) - 6, "/infer") == 0;
    buf_init(&http->request, REQUEST_MAX);
    buf_init(&http->reply, REPLY_MAX);
    http->curl = curl_easy_init();
    if (http->curl == NULL || !set_options(http, url)) {
        close_http(&http->base);
        return STATUS_UNAVAILABLE;
    }
    *scorer = &http->base;
    return STATUS_OK;
}
