/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "process/json_read.h"
#include "process/steady.h"

enum { ANSWER_MAX = 4 * 1024 * 1024, PAUSE_MS = 100, LINE_MAX = 2048 };

struct client {
    CURL *curl;
    const char *url;
    const atomic_bool *stop;
    struct buf answer;
    char fault[CURL_ERROR_SIZE];
};

static size_t receive(char *data, size_t size, size_t count, void *argument)
{
    struct buf *answer = argument;
    buf_append(answer, data, size * count);
    return answer->overflowed ? 0 : size * count;
}

enum status client_open(const char *url, long timeout_ms, const atomic_bool *stop,
                        struct client **out)
{
    struct client *client = calloc(1, sizeof *client);
    CURL *curl = client == NULL ? NULL : curl_easy_init();
    if (curl == NULL) {
        free(client);
        return STATUS_INTERNAL;
    }
    client->curl = curl;
    client->url = url;
    client->stop = stop;
    buf_init(&client->answer, ANSWER_MAX);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &client->answer);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, client->fault);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    *out = client;
    return STATUS_OK;
}

void client_close(struct client *client)
{
    curl_easy_cleanup(client->curl);
    buf_free(&client->answer);
    free(client);
}

static struct curl_slist *headers_of(const struct client_request *request)
{
    char line[LINE_MAX];
    /* No "Expect: 100-continue", which costs a batch a round trip. */
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    headers = curl_slist_append(headers, request->batch ? "Content-Type: application/x-ndjson"
                                                        : "Content-Type: application/json");
    if (request->token != NULL) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", request->token);
        headers = curl_slist_append(headers, line);
    }
    if (request->internal_key != NULL) {
        snprintf(line, sizeof line, "X-Internal-Key: %s", request->internal_key);
        headers = curl_slist_append(headers, line);
    }
    return headers;
}

/* One try. 0: no answer. */
static long try_once(struct client *client)
{
    long status = 0;
    buf_clear(&client->answer);
    if (curl_easy_perform(client->curl) == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

long client_get(struct client *client, const char *path, struct slice *text)
{
    char url[LINE_MAX];
    snprintf(url, sizeof url, "%s%s", client->url, path);
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    long status = try_once(client);
    *text = buf_slice(&client->answer);
    return status;
}

const char *client_fault(const struct client *client)
{
    return client->fault;
}

static bool is_passing(long status)
{
    return status == 0 || status == 429 || status == 503;
}

int client_send(struct client *client, const struct client_request *request, json_t **answer)
{
    char url[LINE_MAX];
    CURL *curl = client->curl;
    struct curl_slist *headers = headers_of(request);
    snprintf(url, sizeof url, "%s%s", client->url, request->path);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (request->body.size > 0 || request->post) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
                         request->body.size > 0 ? request->body.data : "");
    } else {
        curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
    }
    long status = try_once(client);
    while (is_passing(status) && !atomic_load(client->stop)) {
        steady_pause(PAUSE_MS * 1000);
        status = try_once(client);
    }
    curl_slist_free_all(headers);
    if (status == 0 ||
        json_read(buf_slice(&client->answer), JSON_DECODE_ANY, answer, NULL) != STATUS_OK)
        *answer = NULL;
    return is_passing(status) ? 0 : (int)status;
}
