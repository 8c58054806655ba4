/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/ask.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 5000 };

void ask_url_of(const char *listen, char url[ASK_URL_MAX + 1])
{
    const char *host = "";
    if (listen[0] == ':' || strncmp(listen, "0.0.0.0:", 8) == 0) {
        host = "127.0.0.1";
        listen = strrchr(listen, ':');
    } else if (strncmp(listen, "[::]:", 5) == 0) {
        host = "[::1]";
        listen += 4;
    }
    snprintf(url, ASK_URL_MAX + 1, "http://%s%s", host, listen);
}

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct buf *answer = context;
    buf_append(answer, data, size * count);
    return answer->overflowed ? 0 : size * count;
}

long ask_get(const char *url, const char *path, struct buf *answer, char fault[ASK_FAULT_MAX + 1])
{
    char whole[ASK_URL_MAX + 64], error[CURL_ERROR_SIZE] = "";
    long status = 0;
    snprintf(whole, sizeof whole, "%s%s", url, path);
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        strcpy(fault, "no memory");
        return 0;
    }
    curl_easy_setopt(curl, CURLOPT_URL, whole);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    snprintf(fault, ASK_FAULT_MAX + 1, "%s", error);
    return status;
}
