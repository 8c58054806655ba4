/* SPDX-License-Identifier: Apache-2.0
 *
 * API replicas under load from this process: each of a few threads has one connection that is
 * kept, to one of the replicas in turn, and sends its next request when the last is answered.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/report.h"
#include "scale.h"
#include "wire/emotion_json.h"

enum {
    CONNECTIONS = 32,
    SECONDS = 4,
    ANALYSED_MAX = 1000, /* people whose features are warm */
    PAYLOAD_MAX = 512,
    PATH_SIZE = 128,
    FIRST_TIMES = 1024, /* room of one connection, doubled when it is full */
};

struct api {
    const char *role;
    const char *what;
    /* Sends request `number`; true if it was answered as it should. */
    bool (*send)(struct bench *bench, struct client *client, int64_t number);
    bool warms_up; /* everybody is asked for once before */
};

struct load {
    struct bench *bench;
    const struct api *api;
    const struct children *replicas;
    int64_t requests_max; /* of all connections */
    int64_t until_us;     /* monotonic */
    atomic_bool failed;
};

struct bench_connection {
    struct load *load;
    size_t number;
    pthread_t thread;
    int64_t *taken_us; /* of each request; owned */
    size_t count, room;
};

struct load_result {
    double rate;
    int64_t p50_us, p99_us;
    struct bench_usage usage;
    struct bench_fairness fairness;
};

static int64_t people_analysed(const struct bench *bench)
{
    return bench->options->people < ANALYSED_MAX ? bench->options->people : ANALYSED_MAX;
}

static bool post_emotion(struct bench *bench, struct client *client, int64_t number)
{
    int64_t now_us = clock_now_us(bench->tools->clock);
    const struct account *account = &bench->accounts[number % bench->options->people];
    struct emotion_event event = {.occurred_at_us = now_us,
                                  .positivity = (int32_t)(number * 7919 % MILLIONTHS),
                                  .intensity = (int32_t)(number * 104729 % MILLIONTHS),
                                  .stress = (int32_t)(number * 1299709 % MILLIONTHS),
                                  .type = "joy"};
    struct buf body;
    json_t *answer;
    (void)!uuid_parse(account->user_id, strlen(account->user_id), &event.user_id);
    snprintf(event.event_id, sizeof event.event_id, "bench-%lld-%lld", (long long)now_us,
             (long long)number);
    buf_init(&body, PAYLOAD_MAX);
    emotion_encode(&event, &body);
    int status = client_send(client,
                             &(struct client_request){.path = "/v1/emotions/stream",
                                                      .body = buf_slice(&body),
                                                      .internal_key = bench->tools->internal_key},
                             &answer);
    json_decref(answer);
    buf_free(&body);
    return status == 202;
}

static bool ask_analysis(struct bench *bench, struct client *client, int64_t number)
{
    const struct account *account = &bench->accounts[number % people_analysed(bench)];
    char path[PATH_SIZE];
    json_t *answer;
    snprintf(path, sizeof path, "/v1/users/%s/credit-analysis", account->user_id);
    int status = client_send(
        client, &(struct client_request){.path = path, .post = true, .token = account->token},
        &answer);
    json_decref(answer);
    return status == 200;
}

static bool time_keep(struct bench_connection *connection, int64_t taken_us)
{
    if (connection->count == connection->room) {
        size_t room = connection->room == 0 ? FIRST_TIMES : 2 * connection->room;
        int64_t *grown = realloc(connection->taken_us, room * sizeof grown[0]);
        if (grown == NULL)
            return false;
        connection->taken_us = grown;
        connection->room = room;
    }
    connection->taken_us[connection->count++] = taken_us;
    return true;
}

static void *connection_run(void *argument)
{
    struct bench_connection *connection = argument;
    struct load *load = connection->load;
    struct clock *clock = load->bench->tools->clock;
    const struct child *replica = &load->replicas->all[connection->number % load->replicas->count];
    struct client *client;
    if (client_open(replica->url, CLIENT_TIMEOUT_MS, load->bench->stop, &client) != STATUS_OK) {
        atomic_store(&load->failed, true);
        return NULL;
    }
    int64_t now_us = clock_monotonic_us(clock);
    for (int64_t i = (int64_t)connection->number;
         i < load->requests_max && now_us < load->until_us && !atomic_load(&load->failed) &&
         !atomic_load(load->bench->stop);
         i += CONNECTIONS) {
        bool good = load->api->send(load->bench, client, i);
        int64_t answered_us = clock_monotonic_us(clock);
        if (!good || !time_keep(connection, answered_us - now_us))
            atomic_store(&load->failed, true);
        now_us = answered_us;
    }
    client_close(client);
    return NULL;
}

/* All times together, and what each replica answered. */
static enum status result_make(const struct bench_connection connections[CONNECTIONS],
                               size_t replicas, int64_t taken_us, struct load_result *result)
{
    int64_t answered[BENCH_PROCESSES_MAX] = {0};
    size_t count = 0;
    for (size_t i = 0; i < CONNECTIONS; i++) {
        answered[i % replicas] += (int64_t)connections[i].count;
        count += connections[i].count;
    }
    int64_t *all = malloc((count + 1) * sizeof all[0]);
    if (all == NULL)
        return STATUS_INTERNAL;
    size_t copied = 0;
    for (size_t i = 0; i < CONNECTIONS; i++)
        for (size_t k = 0; k < connections[i].count; k++)
            all[copied++] = connections[i].taken_us[k];
    result->rate = (double)count * SECOND_US / (double)(taken_us + 1);
    result->p50_us = bench_percentile(all, count, 50);
    result->p99_us = bench_percentile(all, count, 99);
    result->fairness = bench_fairness_of(answered, replicas);
    free(all);
    return STATUS_OK;
}

/* Sends up to `requests_max` requests for up to `limit_us`. */
static enum status load_run(struct bench *bench, const struct api *api,
                            const struct children *replicas, int64_t requests_max, int64_t limit_us,
                            struct load_result *result)
{
    struct bench_connection connections[CONNECTIONS] = {0};
    struct bench_usage from, to;
    int64_t started_us = clock_monotonic_us(bench->tools->clock);
    struct load load = {.bench = bench,
                        .api = api,
                        .replicas = replicas,
                        .requests_max = requests_max,
                        .until_us = started_us + limit_us};
    size_t running = 0;
    enum status status = children_usage(replicas, &from);
    for (; running < CONNECTIONS && status == STATUS_OK; running++) {
        connections[running].load = &load;
        connections[running].number = running;
        if (pthread_create(&connections[running].thread, NULL, connection_run,
                           &connections[running]) != 0) {
            status = STATUS_INTERNAL;
            atomic_store(&load.failed, true);
            break;
        }
    }
    for (size_t i = 0; i < running; i++)
        pthread_join(connections[i].thread, NULL);
    int64_t taken_us = clock_monotonic_us(bench->tools->clock) - started_us;
    if (status == STATUS_OK)
        status = children_usage(replicas, &to);
    if (status == STATUS_OK && (atomic_load(&load.failed) || atomic_load(bench->stop)))
        status = STATUS_UNAVAILABLE;
    if (status == STATUS_OK)
        status = result_make(connections, replicas->count, taken_us, result);
    if (status == STATUS_OK)
        result->usage = bench_usage_between(&from, &to);
    for (size_t i = 0; i < CONNECTIONS; i++)
        free(connections[i].taken_us);
    if (atomic_load(bench->stop))
        return STATUS_TIMED_OUT;
    if (status != STATUS_OK)
        fprintf(stderr, "scale: %s: requests were refused or not answered\n", api->what);
    return status;
}

static enum status api_measure(struct bench *bench, const struct api *api, size_t count,
                               struct load_result *result)
{
    struct children replicas;
    enum status status = children_start(&replicas, api->role, count);
    if (status != STATUS_OK)
        return status;
    report_status("%s on %zu of %s", api->what, count, api->role);
    status = children_wait(&replicas, bench->stop);
    if (status == STATUS_OK && api->warms_up)
        status = load_run(bench, api, &replicas, people_analysed(bench), MINUTE_US, result);
    if (status == STATUS_OK)
        status = load_run(bench, api, &replicas, INT64_MAX, SECONDS * SECOND_US, result);
    enum status stopped = children_stop(&replicas);
    return status == STATUS_OK ? stopped : status;
}

static void row_add(struct bench *bench, struct buf *table, const struct api *api, size_t count,
                    const struct load_result *result, double before)
{
    buf_printf(table, "\n%8zu %10.0f %8.2f %8.2f  %3.0f–%-3.0f ", count, result->rate,
               (double)result->p50_us / 1e3, (double)result->p99_us / 1e3, result->fairness.least,
               result->fairness.most);
    bench_usage_add(table, &result->usage, result->rate, before);
    bench_row_begin(&bench->report, api->what, count, result->rate);
    json_put_decimal(&bench->report, "p50_ms", result->p50_us, 3);
    json_put_decimal(&bench->report, "p99_ms", result->p99_us, 3);
    bench_row_end(&bench->report, &result->fairness, &result->usage, result->rate, before);
}

static enum status api_table(struct bench *bench, const struct api *api)
{
    const struct bench_counts *counts = &bench->options->replicas;
    struct load_result result = {0};
    struct buf table;
    enum status status = STATUS_OK;
    buf_init(&table, BENCH_TABLE_MAX);
    buf_printf(&table,
               "%s, on %d connections, for %d s\n\n"
               "replicas requests/s   p50 ms   p99 ms  share %%  " BENCH_USAGE_HEAD,
               api->what, CONNECTIONS, SECONDS);
    for (size_t i = 0; i < counts->count && status == STATUS_OK; i++) {
        double before = result.rate;
        status = api_measure(bench, api, counts->counts[i], &result);
        if (status == STATUS_OK)
            row_add(bench, &table, api, counts->counts[i], &result, before);
    }
    report_status_end();
    report_line("\n%s", buf_slice(&table).data);
    buf_free(&table);
    return status;
}

enum status bench_replicas(struct bench *bench)
{
    static const struct api apis[] = {
        {"emotion-ingestion", "Emotion posts, one event each", post_emotion, false},
        {"user-credit", "Credit analyses, warm", ask_analysis, true},
    };
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof apis / sizeof apis[0] && status == STATUS_OK; i++)
        status = api_table(bench, &apis[i]);
    return status;
}
