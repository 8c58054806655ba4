/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/scorer_http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/infer_json.h"
#include "wire/score_json.h"

enum { TIMEOUT_MS = 200, REPLY_MAX = 64 * 1024, REQUEST_MAX = 16 * 1024 };

struct scorer_http {
    struct scorer base;
    CURL *curl;
    struct curl_slist *headers;
    bool infers; /* the URL ends in /infer: the Open Inference Protocol */
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

/* Sends what is in `request`; OK: the answer is in `reply`. */
static enum status post(struct scorer_http *http)
{
    long code = 0;
    buf_clear(&http->reply);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDS, http->request.data);
    curl_easy_setopt(http->curl, CURLOPT_POSTFIELDSIZE, (long)http->request.size);
    if (curl_easy_perform(http->curl) != CURLE_OK ||
        curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
        return STATUS_UNAVAILABLE;
    if (code == 400 || code == 422)
        return STATUS_INVALID;
    return code == 200 ? STATUS_OK : STATUS_UNAVAILABLE;
}

static enum status ask(struct scorer_http *http, const struct question *question,
                       struct score *score, bool *one_risk)
{
    buf_clear(&http->request);
    question_encode(question, &http->request);
    enum status status = post(http);
    if (status == STATUS_OK && score_decode(buf_slice(&http->reply), score, one_risk) != STATUS_OK)
        status = STATUS_UNAVAILABLE;
    return status;
}

/* A service that knows of no guard is asked again, as if nothing were known of the feelings. */
static enum status ask_twice(struct scorer_http *http, const struct question *question,
                             struct score *score)
{
    bool one_risk;
    enum status status = ask(http, question, score, &one_risk);
    if (status != STATUS_OK || !one_risk || question->guard == GUARD_FULL)
        return status;
    struct question financial = *question;
    struct score second;
    financial.features = features_without_emotions(&question->features);
    status = ask(http, &financial, &second, &one_risk);
    if (status == STATUS_OK)
        score->risk_financial = second.risk;
    return status;
}

/* Any server of the Open Inference Protocol: both risks are two rows of one request. */
static enum status infer(struct scorer_http *http, const struct question *question,
                         struct score *score)
{
    struct features rows[] = {question->features, features_without_emotions(&question->features)};
    int32_t risks[2];
    buf_clear(&http->request);
    infer_request_encode(rows, 2, &http->request);
    enum status status = post(http);
    *score = (struct score){0};
    if (status == STATUS_OK &&
        infer_answer_decode(buf_slice(&http->reply), risks, 2, score->model) != STATUS_OK)
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
    enum status status =
        http->infers ? infer(http, question, score) : ask_twice(http, question, score);
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
    curl_slist_free_all(http->headers);
    buf_free(&http->request);
    buf_free(&http->reply);
    free(http);
}

static bool set_options(struct scorer_http *http, const char *url)
{
    CURL *curl = http->curl;
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, &http->reply) == CURLE_OK;
}

enum status scorer_http_open(const char *url, struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_http};
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return STATUS_INVALID;
    pthread_once(&curl_once, curl_start);
    struct scorer_http *http = calloc(1, sizeof *http);
    if (http == NULL)
        return STATUS_UNAVAILABLE;
    http->base.ops = &ops;
    http->infers = strlen(url) > 6 && strcmp(url + strlen(url) - 6, "/infer") == 0;
    buf_init(&http->request, REQUEST_MAX);
    buf_init(&http->reply, REPLY_MAX);
    http->curl = curl_easy_init();
    http->headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (http->curl == NULL || http->headers == NULL || !set_options(http, url)) {
        if (http->curl != NULL)
            curl_easy_cleanup(http->curl);
        curl_slist_free_all(http->headers);
        free(http);
        return STATUS_UNAVAILABLE;
    }
    *scorer = &http->base;
    return STATUS_OK;
}
