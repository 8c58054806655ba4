/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs status` and `ecs health`: what running servers say of themselves.
 *
 * Status: /readyz and /metrics of each server -> one table of servers and one of streams. Health:
 * /readyz of the server beside it -> an exit status, for container engines. Nothing is asked of
 * the engines: what is told is what the servers themselves see.
 */
#include <assert.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "commands/client.h"
#include "commands/command.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "process/json_read.h"

enum { URL_MAX = 1100, FAULT_MAX = 255, TIMEOUT_MS = 5000 };

/* What a server tells ---------------------------------------------------------------------- */

enum { INFO_MAX = 127 };

static const char *const streams[] = {"emotions", "transactions", "credits"};
enum { STREAMS = sizeof streams / sizeof streams[0] };

static const char *const engines[] = {"start", "bus",
                                      "store"}; /* whose time of day may be followed */
enum { ENGINES = sizeof engines / sizeof engines[0] };

static const struct {
    const char *metric;
    const char *title;
} counters[] = {
    {"ecs_events_counted_total", "counted"},
    {"ecs_events_duplicate_total", "duplicate"},
    {"ecs_events_rejected_total", "rejected"},
    {"ecs_events_retried_total", "retried"},
};
enum { COUNTERS = sizeof counters / sizeof counters[0] };

/* What a server tells as a word: its policy and its model stand in a label, its breaker in a
 * number. */
static const struct {
    const char *title;
    const char *metric; /* up to the word */
} facts[] = {
    {"policy", "ecs_policy_info{hash=\""},
    {"model", "ecs_model_info{name=\""},
    {"breaker", NULL},
};
enum { FACTS = sizeof facts / sizeof facts[0], BREAKER = FACTS - 1 };

struct stream_figures {
    int64_t consumers; /* servers that consume it */
    int64_t lag;       /* the most that one of them sees */
    int64_t counts[COUNTERS];
};

struct server {
    const char *url;
    bool answers;
    bool ready;
    json_t *checks;                  /* owned; NULL: none were told */
    bool compared[ENGINES];          /* its clock with the engine's */
    int64_t ahead_ms[ENGINES];       /* of the engine's */
    char facts[FACTS][INFO_MAX + 1]; /* empty: not told */
    char fault[FAULT_MAX + 1];
};

/* The text behind NAME{LABEL="value"} or NAME in the Prometheus text format; NULL if it is not
 * there. `label` may be NULL: the metric has none. */
static const char *metric_find(const char *text, const char *name, const char *label,
                               const char *value)
{
    char start[256];
    int size = label == NULL
                   ? snprintf(start, sizeof start, "\n%s ", name)
                   : snprintf(start, sizeof start, "\n%s{%s=\"%s\"} ", name, label, value);
    assert(size > 0 && (size_t)size < sizeof start); /* names are ours */
    const char *found = strstr(text, start);
    return found == NULL ? NULL : found + size;
}

/* True if it is there. */
static bool metric_read(const char *text, const char *name, const char *label, const char *value,
                        int64_t *number)
{
    const char *found = metric_find(text, name, label, value);
    *number = found == NULL ? 0 : strtoll(found, NULL, 10);
    return found != NULL;
}

/* A fact: NAME{LABEL="fact"} 1. Empty if it is not told. */
static void info_read(const char *text, const char *start, char fact[INFO_MAX + 1])
{
    const char *found = strstr(text, start);
    size_t size = found == NULL ? 0 : strcspn(found + strlen(start), "\"");
    fact[0] = '\0';
    if (size > 0 && size <= INFO_MAX)
        snprintf(fact, INFO_MAX + 1, "%.*s", (int)size, found + strlen(start));
}

static void metrics_take(const char *text, struct server *server, struct stream_figures figures[])
{
    static const char *const states[] = {"closed", "half open", "open"};
    int64_t state, number;
    bool asked = metric_read(text, "ecs_breaker_state", NULL, NULL, &state);
    if (asked)
        strcpy(server->facts[BREAKER], states[(uint64_t)state % 3]);
    for (size_t i = 0; i < BREAKER; i++)
        info_read(text, facts[i].metric, server->facts[i]);
    for (size_t i = 0; i < ENGINES; i++) {
        const char *ahead_s = metric_find(text, "ecs_clock_ahead_seconds", "engine", engines[i]);
        server->compared[i] = ahead_s != NULL;
        server->ahead_ms[i] = ahead_s == NULL ? 0 : llround(strtod(ahead_s, NULL) * 1000);
    }
    for (size_t i = 0; i < STREAMS; i++) {
        figures[i].consumers += metric_read(text, "ecs_bus_lag", "stream", streams[i], &number);
        figures[i].lag = number > figures[i].lag ? number : figures[i].lag;
        for (size_t k = 0; k < COUNTERS; k++) {
            (void)metric_read(text, counters[k].metric, "stream", streams[i], &number);
            figures[i].counts[k] += number;
        }
    }
}

static void server_ask(struct server *server, struct stream_figures figures[])
{
    struct client *client;
    struct slice answer;
    json_t *document;
    snprintf(server->fault, sizeof server->fault, "no memory");
    if (client_open(server->url, TIMEOUT_MS, NULL, &client) != STATUS_OK)
        return;
    long status = client_get(client, "/readyz", &answer);
    server->answers = status != 0;
    server->ready = status == 200;
    snprintf(server->fault, sizeof server->fault, "%s", client_fault(client));
    if (json_read(answer, 0, &document, NULL) == STATUS_OK)
        server->checks = json_incref(json_object_get(document, "checks"));
    json_decref(document);
    if (server->answers && client_get(client, "/metrics", &answer) == 200)
        metrics_take(answer.data, server, figures);
    client_close(client);
}

/* A person's table ------------------------------------------------------------------------- */

static const char *check_text(const json_t *check, const char *key)
{
    const char *text = json_string_value(json_object_get(check, key));
    return text == NULL ? "" : text;
}

/* "bus nats up, durability process", "emotions emotion-processing up": who stands behind it, how
 * that is, and whatever else its check tells. */
static void check_print(const char *name, json_t *check)
{
    const char *key;
    json_t *value;
    printf("  %-12s %s%s %s", name, check_text(check, "engine"), check_text(check, "role"),
           check_text(check, "status"));
    json_object_foreach(check, key, value) if (strcmp(key, "engine") != 0 &&
                                               strcmp(key, "role") != 0 &&
                                               strcmp(key, "status") != 0 && json_is_string(value))
        printf(", %s %s", key, json_string_value(value));
    printf("\n");
}

static void server_print(const struct server *server)
{
    const char *name;
    json_t *check;
    if (!server->answers) {
        printf("%s: no answer: %s\n", server->url, server->fault);
        return;
    }
    printf("%s: %s\n", server->url, server->ready ? "ready" : "not ready");
    json_object_foreach(server->checks, name, check) check_print(name, check);
    for (size_t i = 0; i < ENGINES; i++)
        if (server->compared[i])
            printf("  %-10s %" PRId64 " ms ahead of the %s's\n", "clock", server->ahead_ms[i],
                   engines[i]);
    for (size_t i = 0; i < FACTS; i++)
        if (server->facts[i][0] != '\0')
            printf("  %-12s %s\n", facts[i].title, server->facts[i]);
}

/* What no server consumes is not known. */
static void figure_print(const struct stream_figures *figures, int width, int64_t number)
{
    if (figures->consumers == 0)
        printf(" %*s", width, "?");
    else
        printf(" %*" PRId64, width, number);
}

static void streams_print(const struct stream_figures figures[])
{
    printf("\n%-12s %9s %9s", "stream", "consumers", "lag");
    for (size_t k = 0; k < COUNTERS; k++)
        printf(" %10s", counters[k].title);
    printf("\n");
    for (size_t i = 0; i < STREAMS; i++) {
        printf("%-12s %9" PRId64, streams[i], figures[i].consumers);
        figure_print(&figures[i], 9, figures[i].lag);
        for (size_t k = 0; k < COUNTERS; k++)
            figure_print(&figures[i], 10, figures[i].counts[k]);
        printf("\n");
    }
}

/* A program's document --------------------------------------------------------------------- */

static void server_report(struct buf *report, const struct server *server)
{
    json_put_open(report, NULL, '{');
    json_put_text(report, "url", server->url);
    json_put_boolean(report, "ready", server->ready);
    if (!server->answers)
        json_put_text(report, "fault", server->fault);
    char *checks = json_dumps(server->checks, JSON_COMPACT);
    if (checks != NULL) {
        json_put_raw(report, "checks", slice_of(checks));
        free(checks);
    }
    if (server->answers) {
        json_put_open(report, "clock_ahead_ms", '{');
        for (size_t i = 0; i < ENGINES; i++)
            if (server->compared[i])
                json_put_integer(report, engines[i], server->ahead_ms[i]);
        json_put_close(report, '}');
        for (size_t i = 0; i < FACTS; i++)
            json_put_text(report, facts[i].title, server->facts[i]);
    }
    json_put_close(report, '}');
}

/* The lag of a stream that no server consumes is not known: null. */
static void stream_report(struct buf *report, const char *name,
                          const struct stream_figures *figures)
{
    json_put_open(report, NULL, '{');
    json_put_text(report, "stream", name);
    json_put_integer(report, "consumers", figures->consumers);
    if (figures->consumers == 0)
        json_put_null(report, "lag");
    else
        json_put_integer(report, "lag", figures->lag);
    for (size_t k = 0; k < COUNTERS; k++)
        json_put_integer(report, counters[k].title, figures->counts[k]);
    json_put_close(report, '}');
}

static void all_report(const struct server servers[], size_t count,
                       const struct stream_figures figures[])
{
    struct buf report;
    report_begin(&report);
    json_put_open(&report, "servers", '[');
    for (size_t i = 0; i < count; i++)
        server_report(&report, &servers[i]);
    json_put_close(&report, ']');
    json_put_open(&report, "streams", '[');
    for (size_t i = 0; i < STREAMS; i++)
        stream_report(&report, streams[i], &figures[i]);
    json_put_close(&report, ']');
    report_end(&report);
}

/* Where the server of the settings is asked: without a host, or with one that means every
 * interface, on the loopback. No path at the end. LISTEN alone is needed: a server that waits for
 * its engines is asked too. */
static int own_url(char url[URL_MAX + 1])
{
    struct toolbox toolbox = {0};
    int result = toolbox_load(&toolbox);
    if (result != EX_OK)
        return result;
    const char *listen = toolbox.settings.listen, *host = "";
    if (listen[0] == ':' || strncmp(listen, "0.0.0.0:", 8) == 0) {
        host = "127.0.0.1";
        listen = strrchr(listen, ':');
    } else if (strncmp(listen, "[::]:", 5) == 0) {
        host = "[::1]";
        listen += 4;
    }
    int size = snprintf(url, URL_MAX + 1, "http://%s%s", host, listen);
    assert(size > 0 && size <= URL_MAX);
    return EX_OK;
}

int command_status(int argc, char **argv)
{
    char own[URL_MAX + 1];
    int result = own_url(own);
    if (result != EX_OK)
        return result;
    size_t count = argc > 1 ? (size_t)argc - 1 : 1;
    struct stream_figures figures[STREAMS] = {0};
    struct server *servers = calloc(count, sizeof *servers);
    if (servers == NULL)
        return EX_OSERR;
    bool ready = true;
    for (size_t i = 0; i < count; i++) {
        servers[i] = (struct server){.url = argc > 1 ? argv[i + 1] : own};
        server_ask(&servers[i], figures);
        assert(servers[i].answers || !servers[i].ready);
        ready &= servers[i].ready;
    }
    if (report_is_json()) {
        all_report(servers, count, figures);
    } else {
        for (size_t i = 0; i < count; i++)
            server_print(&servers[i]);
        streams_print(figures);
    }
    for (size_t i = 0; i < count; i++)
        json_decref(servers[i].checks);
    free(servers);
    return ready ? EX_OK : EX_UNAVAILABLE;
}

/* ecs health ------------------------------------------------------------------------------- */

/* Container engines know only these two. */
enum { READY = 0, NOT_READY = 1 };

int command_health(int argc, char **argv)
{
    char url[URL_MAX + 1];
    struct client *client;
    struct slice answer;
    int result = own_url(url);
    if (result != EX_OK)
        return result;
    if (argc > 1)
        return command_misused(argv[0]);
    if (client_open(url, TIMEOUT_MS, NULL, &client) != STATUS_OK)
        return NOT_READY;
    long status = client_get(client, "/readyz", &answer);
    if (status == 0)
        fprintf(stderr, "ecs health: %s/readyz: %s\n", url, client_fault(client));
    else
        puts(answer.data);
    client_close(client);
    return status == 200 ? READY : NOT_READY;
}
