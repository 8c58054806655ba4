/* SPDX-License-Identifier: Apache-2.0
 *
 * tables in the code → pages under docs/, and the OpenAPI document of all that the gateway leads
 * to, which no single role can tell. `make docs` writes them; the tests check that they are
 * current. usage: docs PAGE, where PAGE is api, configuration, streams, metrics, features or
 * openapi.
 */
#include <stdio.h>
#include <string.h>

#include "http/openapi.h"
#include "ports/endpoint.h"
#include "process/file.h"
#include "roles/role.h"

static const struct role *const roles[] = {
    &role_emotion_ingestion,      &role_transaction_ingestion, &role_emotion_processing,
    &role_transaction_processing, &role_credit_analysis,       &role_user_credit,
    &role_credit_application,
};
enum { ROLE_COUNT = sizeof roles / sizeof roles[0] };

static void endpoint_page(const struct endpoint *endpoint)
{
    static const char *const methods[METHOD_COUNT] = {"GET", "POST", "PUT", "DELETE", "PATCH"};
    static const char *const auths[] = {"none", "`X-Internal-Key`", "bearer token",
                                        "bearer token or `X-Internal-Key`"};
    printf("### %s `%s`\n\n%s\n\n", methods[endpoint->method], endpoint->path, endpoint->summary);
    printf("- authorization: %s%s\n", auths[endpoint->auth],
           endpoint->internal ? "; not reachable through the public gateway" : "");
    if (endpoint->paged)
        printf("- query: `page` from 1 (1), `page_size` 1 to 100 (10)\n");
    if (endpoint->resumed)
        printf("- query: `after`, an id, to go on behind it (0)\n");
    if (endpoint->keyed)
        printf("- header `Idempotency-Key`: a repetition under the same key counts once, and is "
               "answered the same\n");
    if (endpoint->batch)
        printf("- also takes `application/x-ndjson`, up to %d lines, with an internal key\n",
               HTTP_BATCH_LINES_MAX);
    if (endpoint->errors != NULL)
        printf("- refusals of its own: %s\n", endpoint->errors);
    if (endpoint->request_schema != NULL)
        printf("\nRequest:\n```json\n%s\n```\n",
               embedded_file_find(endpoint->request_schema)->data);
    printf("\nAnswer %d%s\n", endpoint_success(endpoint),
           endpoint->kind == ENDPOINT_EVENTS ? " (`text/event-stream`):" : ":");
    if (endpoint->response_schema != NULL)
        printf("```json\n%s\n```\n", embedded_file_find(endpoint->response_schema)->data);
    printf("\n");
}

static void api_page(void)
{
    printf("# HTTP API\n\nEvery role's endpoints. `GET /openapi.json` says the same as OpenAPI "
           "3.1; `GET /healthz`, `/readyz` and `/metrics` are served by every process.\n"
           "Errors are `application/problem+json`: `{\"detail\", \"type\", \"title\", \"status\", "
           "\"instance\"}`; field errors are 422 with a list as `detail`.\n\n");
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (roles[i]->endpoint_count == 0)
            continue;
        printf("## Role %s\n\n", roles[i]->name);
        for (size_t k = 0; k < roles[i]->endpoint_count; k++)
            endpoint_page(&roles[i]->endpoints[k]);
    }
}

static void configuration_page(void)
{
    printf(
        "# Configuration\n\nBy environment variables only. A secret may also come as "
        "`NAME_FILE`, the path of a file that holds it. All faults are told at once, and the "
        "exit status is then 78; 69 if waiting may mend them all (a full disk, a folder in use): "
        "then try again. `ecs serve` waits for engines that are away, and its log says why. A "
        "variable that is not read though it looks like one of these is warned about.\n\n"
        "| variable | default | range | what |\n|---|---|---|---|\n");
#define RANGE_TEXT(least, most) ""
#define RANGE_SECRET(least, most) ""
#define RANGE_INTEGER(least, most) #least " to " #most
#define SECRET_TEXT(name) ""
#define SECRET_INTEGER(name) ""
#define SECRET_SECRET(name) " Also as `" #name "_FILE`."
#define OPTION(name, field, kind, fallback, least, most, help)                                     \
    printf("| `%s` | %s%s%s | %s | %s%s |\n", #name, fallback[0] ? "`" : "", fallback,             \
           fallback[0] ? "`" : "", RANGE_##kind(least, most), help, SECRET_##kind(name));
#include "options.def"
#undef OPTION
}

static void streams_page(void)
{
    printf("# Streams\n\n| stream | subject | published by | consumed by | a message is |\n"
           "|---|---|---|---|---|\n");
#define STREAM(id, label, name, subject, producers, consumers, content)                            \
    printf("| `%s` | `%s` | %s | %s | %s |\n", name, subject, producers, consumers, content);
#include "domain/event.def"
#undef STREAM
    printf(
        "\nProducers may publish to the first two without HTTP: the worker checks as strictly as "
        "the edge does, and what is refused there is a dead letter here. A transaction is then "
        "the word of the bank's own systems, `\"source\":\"core\"`, unless its `source` says "
        "`self`, the person's. The header `Ecs-Producer` names who publishes: 1 to %d lower-case "
        "letters, digits and hyphens, the first a letter; anything else counts as no name. It says "
        "whose bad events are limited, and proves nothing: who may publish at all is what users "
        "of NATS are for. The edge sets it to the name of the producer's key.\n",
        PRODUCER_MAX);
}

static void metrics_page(void)
{
    printf("# Metrics\n\n`GET /metrics`, Prometheus text format. Names begin with `ecs_`; counters "
           "end in `_total`; what ends in `_us` here is told in seconds, and its name ends in "
           "`_seconds`.\n\n| metric | kind | label | what |\n"
           "|---|---|---|---|\n");
#define LABEL_OF(label) ((label) == NULL ? "" : (const char *)(label))
#define COUNTER(name, help, label)                                                                 \
    printf("| `%s` | counter | %s | %s |\n", #name, LABEL_OF(label), help);
#define GAUGE(name, help, label)                                                                   \
    printf("| `%s` | gauge | %s | %s |\n", #name, LABEL_OF(label), help);
#define HISTOGRAM(name, help) printf("| `%s` | histogram | | %s |\n", #name, help);
#include "process/metrics.def"
}

static void features_page(void)
{
    static const char *const units[] = {"count", "cents", "share, millionths",
                                        "change, millionths"};
    static const char *const groups[] = {"financial", "emotional"};
    static const char *const families[] = {"activity",  "turnover", "size",     "income",
                                           "spending",  "recency",  "tenure",   "positivity",
                                           "intensity", "stress",   "attention"};
    static const char *const directions[] = {"less risk", "free", "more risk"};
    printf("# Features\n\nWhat a model may see of a person: whole numbers, computed from tiles "
           "by `domain/features.c`, the same for the API, for training and for replay. \"When "
           "greater\" is what a model is held to. Of one family, at most one feature is among the "
           "reasons of a decision.\n\n| feature | what | em português | unit | group | family | "
           "when greater |\n|---|---|---|---|---|---|---|\n");
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature_definition *feature = &feature_definitions[i];
        printf("| `%s` | %s | %s | %s | %s | %s | %s |\n", feature->name, feature->words,
               feature->words_portuguese, units[feature->unit], groups[feature->group],
               families[feature->family], directions[feature->direction + 1]);
    }
}

/* Of the roles that deploy/nginx leads to, and of what every process serves to everybody. */
static void openapi_page(void)
{
    enum { TEXT_MAX = 1024 * 1024 };
    struct endpoint_table tables[] = {
        {role_emotion_ingestion.endpoints, role_emotion_ingestion.endpoint_count},
        {role_transaction_ingestion.endpoints, role_transaction_ingestion.endpoint_count},
        {role_user_credit.endpoints, role_user_credit.endpoint_count},
        own_endpoints,
    };
    struct router router;
    struct buf json;
    buf_init(&json, TEXT_MAX);
    if (router_init(&router, tables, sizeof tables / sizeof tables[0]) != STATUS_OK)
        return;
    size_t kept = 0;
    for (size_t i = 0; i < router.count; i++)
        if (!router.routes[i].endpoint->internal)
            router.routes[kept++] = router.routes[i];
    router.count = kept;
    openapi_write(&router, &json);
    puts(buf_slice(&json).data);
    buf_free(&json);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*write)(void);
    } pages[] = {{"api", api_page},           {"configuration", configuration_page},
                 {"streams", streams_page},   {"metrics", metrics_page},
                 {"features", features_page}, {"openapi", openapi_page}};
    for (size_t i = 0; argc == 2 && i < sizeof pages / sizeof pages[0]; i++) {
        if (strcmp(argv[1], pages[i].name) == 0) {
            pages[i].write();
            return 0;
        }
    }
    fprintf(stderr, "usage: docs api|configuration|streams|metrics|features|openapi\n");
    return 64;
}
