/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/health.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Container engines know only these two. */
enum { READY = 0, NOT_READY = 1 };
enum { TIMEOUT_MS = 5000, URL_MAX = 1100 };

const char health_usage[] = "usage: ecs health\n\n"
                            "Asks the ecs serve that listens on LISTEN for /readyz, prints its "
                            "answer, and exits with 0 if\n"
                            "it is ready, with 1 if it is not or does not answer.\n";

/* LISTEN without a host, or with one that means every interface, is asked on the loopback. */
static void url_of(const char *listen, char url[URL_MAX])
{
    const char *host = "";
    if (listen[0] == ':' || strncmp(listen, "0.0.0.0:", 8) == 0) {
        host = "127.0.0.1";
        listen = strrchr(listen, ':');
    } else if (strncmp(listen, "[::]:", 5) == 0) {
        host = "[::1]";
        listen += 4;
    }
    snprintf(url, URL_MAX, "http://%s%s/readyz", host, listen);
}

/* The HTTP status; 0 with the reason in `error` without an answer. The body goes to stdout. */
static long ask(const char *url, char error[CURL_ERROR_SIZE])
{
    long status = 0;
    CURL *curl = curl_easy_init();
    if (curl == NULL) {
        strcpy(error, "no memory");
        return 0;
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
    if (curl_easy_perform(curl) == CURLE_OK)
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return status;
}

int command_health(int argc, char **argv, const char *listen)
{
    char url[URL_MAX], error[CURL_ERROR_SIZE] = "";
    (void)argv;
    if (argc > 1) {
        fputs(health_usage, stderr);
        return EX_USAGE;
    }
    url_of(listen, url);
    long status = ask(url, error);
    if (status == 0)
        fprintf(stderr, "ecs health: %s: %s\n", url, error);
    else
        putchar('\n');
    return status == 200 ? READY : NOT_READY;
}
