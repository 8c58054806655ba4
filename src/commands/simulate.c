/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs simulate`: people who feel, pay, ask for credit and accept it, against a running system.
 *
 * People are registered, then their history is sent, by a few threads that share the people; then
 * one thread streams what happens now. A signal ends each of the three.
 */
#include <assert.h>
#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "commands/simulate.h"
#include "commands/toolbox.h"
#include "process/steady.h"

enum {
    PEOPLE_MAX = 100000,
    THREADS = 8,
    EVENT_ID_SIZE = 80,
    SHOW_MS = 200,
    TURN_US = 100000,      /* of the live stream */
    ASK_EVERY = 10,        /* turns: one person a second asks for credit */
    ACCEPT_ONE_IN_NOT = 4, /* three of four offers are accepted */
};

struct simulate_options {
    int64_t people;
    int64_t days;
    int64_t rate;       /* events a second of the history; 0: as fast as it goes */
    int64_t live;       /* events a second afterwards; 0: end with the history */
    int64_t duration_s; /* of the live stream; 0: until a signal */
    int64_t seed;
    bool on_bus;
    const char *url;
};

/* --via */
static bool way_take(void *on_bus, const char *value)
{
    *(bool *)on_bus = strcmp(value, "bus") == 0;
    if (strcmp(value, "bus") == 0 || strcmp(value, "http") == 0)
        return true;
    fprintf(stderr, "ecs simulate: --via is http or bus, not %s\n", value);
    return false;
}

/* Tells every fault at once. */
static bool options_parse(int argc, char **argv, struct simulate_options *options)
{
    const struct command_option known[] = {
        {"--people", .number = &options->people, .least = 1, .most = PEOPLE_MAX},
        {"--days", .number = &options->days, .most = 399},
        {"--rate", .number = &options->rate, .most = 1000000},
        {"--live", .number = &options->live, .least = 1, .most = 100000},
        {"--duration", .number = &options->duration_s, .least = 1, .most = 86400},
        {"--seed", .number = &options->seed, .most = INT64_MAX},
        {"--url", .text = &options->url},
        {"--via", .take = way_take, .context = &options->on_bus},
        {0},
    };
    *options = (struct simulate_options){
        .people = 200, .days = 90, .seed = 1, .url = "http://127.0.0.1:9999"};
    bool good = options_read(argc, argv, known, NULL);
    if (options->duration_s > 0 && options->live == 0) {
        fprintf(stderr, "ecs simulate: --duration is of the live stream: --live is missing\n");
        good = false;
    }
    return good;
}

struct simulation {
    struct simulate_options options;
    const struct engines *engines; /* its bus is NULL over HTTP */
    struct account *accounts;
    struct event_totals totals;
    int64_t started_us; /* monotonic */
    _Atomic int64_t registered;
    atomic_bool failed;
};

static atomic_bool stop;

/* What is done to all people by some threads, and how it is told. */
struct stage {
    const char *what;
    const char *done_what;
    enum status (*work)(struct simulation *simulation, uint32_t first, struct client *client);
    int64_t (*done)(struct simulation *simulation);
};

/* A thread's share of the people: every THREADS-th from `first` on. */
struct simulated_part {
    struct simulation *simulation;
    const struct stage *stage;
    uint32_t first;
    pthread_t thread;
};

static int64_t elapsed_us(const struct simulation *simulation)
{
    return clock_monotonic_us(simulation->engines->clock) - simulation->started_us;
}

static int64_t events_sent(struct simulation *simulation)
{
    return atomic_load(&simulation->totals.feelings) + atomic_load(&simulation->totals.payments);
}

/* Waits until so much time has passed since the start; the past is not waited for. */
static void wait_until(const struct simulation *simulation, int64_t passed_us)
{
    int64_t left_us = passed_us - elapsed_us(simulation);
    if (left_us > 0)
        steady_pause(left_us);
}

/* A signal is no failure. */
static void note_failure(struct simulation *simulation, enum status status)
{
    if (status != STATUS_OK && !atomic_load(&stop)) {
        atomic_store(&simulation->failed, true);
        atomic_store(&stop, true);
    }
}

static void *part_run(void *argument)
{
    struct simulated_part *part = argument;
    struct client *client;
    enum status status =
        client_open(part->simulation->options.url, CLIENT_TIMEOUT_MS, &stop, &client);
    if (status == STATUS_OK) {
        status = part->stage->work(part->simulation, part->first, client);
        client_close(client);
    }
    note_failure(part->simulation, status);
    return NULL;
}

static enum status part_register(struct simulation *simulation, uint32_t first,
                                 struct client *client)
{
    enum status status = STATUS_OK;
    for (int64_t i = first;
         i < simulation->options.people && status == STATUS_OK && !atomic_load(&stop);
         i += THREADS) {
        status = account_open(&simulation->accounts[i], client, (uint64_t)simulation->options.seed,
                              (uint32_t)i);
        atomic_fetch_add(&simulation->registered, status == STATUS_OK);
    }
    return status;
}

/* What the person does on that day and before `end_us`; returns how many events. */
static size_t day_events(const struct account *account, int64_t day, int64_t end_us,
                         struct simulated_event events[POPULATION_DAY_EVENTS_MAX])
{
    size_t count = population_day(&account->person, day, events);
    assert(count <= POPULATION_DAY_EVENTS_MAX);
    while (count > 0 && events[count - 1].at_us >= end_us)
        count--;
    return count;
}

static enum status send_day(struct event_sender *sender, struct account *account, int64_t day,
                            int64_t end_us)
{
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    char id[EVENT_ID_SIZE];
    size_t count = day_events(account, day, end_us, events);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        snprintf(id, sizeof id, "simulated-%" PRIu64 "-%u-%" PRId64 "-%zu", account->seed,
                 account->number, day, i);
        status = event_sender_send(sender, account, &events[i], id);
    }
    return status;
}

static enum status part_send(struct simulation *simulation, uint32_t first, struct client *client)
{
    const struct engines *engines = simulation->engines;
    int64_t end_us = clock_now_us(engines->clock), today = end_us / DAY_US;
    int64_t rate = simulation->options.rate;
    struct event_sender sender;
    enum status status = STATUS_OK;
    event_sender_init(&sender, client, engines->secrets.keys[0].secret, engines->bus,
                      &simulation->totals);
    for (int64_t day = today - simulation->options.days; day <= today; day++)
        for (int64_t i = first;
             i < simulation->options.people && status == STATUS_OK && !atomic_load(&stop);
             i += THREADS) {
            status = send_day(&sender, &simulation->accounts[i], day, end_us);
            if (rate > 0) /* which all threads keep together */
                wait_until(simulation, events_sent(simulation) * SECOND_US / rate);
        }
    enum status flushed = event_sender_flush(&sender);
    event_sender_free(&sender);
    return status == STATUS_OK ? flushed : status;
}

static int64_t expected_events(const struct simulation *simulation)
{
    int64_t end_us = clock_now_us(simulation->engines->clock), today = end_us / DAY_US;
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    int64_t total = 0;
    for (int64_t i = 0; i < simulation->options.people; i++)
        for (int64_t day = today - simulation->options.days; day <= today; day++)
            total += (int64_t)day_events(&simulation->accounts[i], day, end_us, events);
    return total;
}

static int64_t people_registered(struct simulation *simulation)
{
    return atomic_load(&simulation->registered);
}

/* So many since the start, for each second. */
static int64_t rate_of(const struct simulation *simulation, int64_t count)
{
    return count * SECOND_US / (elapsed_us(simulation) + 1);
}

/* Runs a stage, and shows how far it has come until it is done. */
static void stage_run(struct simulation *simulation, const struct stage *stage, int64_t total)
{
    struct simulated_part parts[THREADS];
    struct event_totals *totals = &simulation->totals;
    simulation->started_us = clock_monotonic_us(simulation->engines->clock);
    const int64_t before = stage->done(simulation);
    int started = 0;
    for (; started < THREADS; started++) {
        struct simulated_part *part = &parts[started];
        *part = (struct simulated_part){simulation, stage, (uint32_t)started, 0};
        if (pthread_create(&part->thread, NULL, part_run, part) != 0) {
            note_failure(simulation, STATUS_INTERNAL);
            break;
        }
    }
    for (int64_t now = 0, failed = 0; now + failed < total && !atomic_load(&stop);) {
        report_progress(stage->what, now, total, rate_of(simulation, now));
        steady_pause(SHOW_MS * 1000);
        failed = atomic_load(&totals->refused) + atomic_load(&totals->lost);
        now = stage->done(simulation) - before;
    }
    while (started > 0)
        pthread_join(parts[--started].thread, NULL);
    int64_t now = stage->done(simulation) - before;
    assert(now >= 0);
    report_progress(stage->what, now, total, rate_of(simulation, now));
    report_line("%-8s %" PRId64 " %s in %.1f s", stage->what, now, stage->done_what,
                (double)elapsed_us(simulation) / 1e6);
}

/* The events of one turn; they are spread over the people. */
static enum status live_turn(struct simulation *simulation, struct event_sender *sender,
                             int64_t turn, int64_t born_us)
{
    int64_t rate = simulation->options.live;
    int64_t from = turn * rate * TURN_US / SECOND_US, to = (turn + 1) * rate * TURN_US / SECOND_US;
    char id[EVENT_ID_SIZE];
    enum status status = STATUS_OK;
    for (int64_t i = from; i < to && status == STATUS_OK; i++) {
        struct account *account = &simulation->accounts[i * 7919 % simulation->options.people];
        struct simulated_event event = population_event(
            &account->person, clock_now_us(simulation->engines->clock), (uint64_t)i);
        snprintf(id, sizeof id, "live-%" PRId64 "-%" PRId64, born_us, i);
        status = event_sender_send(sender, account, &event, id);
    }
    return status == STATUS_OK ? event_sender_flush(sender) : status;
}

static enum status credit_turn(struct simulation *simulation, struct credit_desk *desk,
                               int64_t asked)
{
    struct account *account = &simulation->accounts[asked * 31 % simulation->options.people];
    enum status status = credit_desk_ask(desk, account, asked % ACCEPT_ONE_IN_NOT != 0);
    return status == STATUS_OK ? credit_desk_listen(desk) : status;
}

static void live_show(struct simulation *simulation, const struct credit_desk *desk, int64_t before)
{
    int64_t sent = events_sent(simulation) - before;
    report_status("live     %" PRId64 " events, %" PRId64 "/s; %" PRId64 " asked: %" PRId64
                  " approved, %" PRId64 " denied; %" PRId64 " accepted, %" PRId64 " lines active",
                  sent, rate_of(simulation, sent), desk->approved + desk->denied, desk->approved,
                  desk->denied, desk->accepted, desk->active);
}

static void live(struct simulation *simulation, struct credit_desk *desk)
{
    const struct engines *engines = simulation->engines;
    int64_t born_us = clock_now_us(engines->clock), before = events_sent(simulation);
    int64_t turns = simulation->options.duration_s * SECOND_US / TURN_US;
    struct event_sender sender;
    enum status status = STATUS_OK;
    simulation->started_us = clock_monotonic_us(engines->clock);
    event_sender_init(&sender, desk->client, engines->secrets.keys[0].secret, engines->bus,
                      &simulation->totals);
    for (int64_t turn = 0;
         (turns == 0 || turn < turns) && status == STATUS_OK && !atomic_load(&stop); turn++) {
        status = live_turn(simulation, &sender, turn, born_us);
        if (status == STATUS_OK && turn % ASK_EVERY == 0)
            status = credit_turn(simulation, desk, turn / ASK_EVERY);
        live_show(simulation, desk, before);
        wait_until(simulation, (turn + 1) * TURN_US);
    }
    event_sender_free(&sender);
    note_failure(simulation, status);
}

static void show_totals(struct simulation *simulation, const struct credit_desk *desk)
{
    struct event_totals *totals = &simulation->totals;
    report_status_end();
    report_line("total    %" PRId64 " people; %" PRId64 " feelings and %" PRId64
                " payments accepted, %" PRId64 " refused, %" PRId64 " not confirmed",
                people_registered(simulation), atomic_load(&totals->feelings),
                atomic_load(&totals->payments), atomic_load(&totals->refused),
                atomic_load(&totals->lost));
    if (simulation->options.live > 0)
        report_line("total    %" PRId64 " approved, %" PRId64 " denied, %" PRId64
                    " accepted, %" PRId64 " lines active",
                    desk->approved, desk->denied, desk->accepted, desk->active);
}

static void report_totals(struct simulation *simulation, const struct credit_desk *desk)
{
    struct event_totals *totals = &simulation->totals;
    struct buf report;
    report_begin(&report);
    json_put_integer(&report, "people", people_registered(simulation));
    json_put_integer(&report, "feelings", atomic_load(&totals->feelings));
    json_put_integer(&report, "payments", atomic_load(&totals->payments));
    json_put_integer(&report, "refused", atomic_load(&totals->refused));
    json_put_integer(&report, "not_confirmed", atomic_load(&totals->lost));
    json_put_integer(&report, "approved", desk->approved);
    json_put_integer(&report, "denied", desk->denied);
    json_put_integer(&report, "accepted", desk->accepted);
    json_put_integer(&report, "active", desk->active);
    report_end(&report);
}

/* False, with the reason told, if nobody is there to talk to. */
static bool somebody_answers(struct simulation *simulation)
{
    struct client *client;
    struct slice text;
    if (client_open(simulation->options.url, CLIENT_TIMEOUT_MS, &stop, &client) != STATUS_OK)
        return false;
    bool answers = client_get(client, "/healthz", &text) != 0;
    client_close(client);
    if (!answers)
        fprintf(stderr, "ecs simulate: nothing answers at %s: is ecs serve running?\n",
                simulation->options.url);
    return answers;
}

static void live_through(struct simulation *simulation, struct credit_desk *desk)
{
    static const struct stage registering = {"people", "registered", part_register,
                                             people_registered};
    static const struct stage history = {"history", "events sent", part_send, events_sent};
    stage_run(simulation, &registering, simulation->options.people);
    if (atomic_load(&stop))
        return;
    stage_run(simulation, &history, expected_events(simulation));
    if (atomic_load(&stop) || simulation->options.live == 0)
        return;
    enum status status =
        client_open(simulation->options.url, CLIENT_TIMEOUT_MS, &stop, &desk->client);
    if (status == STATUS_OK) {
        live(simulation, desk);
        client_close(desk->client);
    }
    note_failure(simulation, status);
}

static int simulate(const struct simulate_options *options, const struct engines *engines)
{
    struct simulation simulation = {.options = *options, .engines = engines};
    struct credit_desk desk = {0};
    simulation.accounts = calloc((size_t)simulation.options.people, sizeof simulation.accounts[0]);
    if (simulation.accounts == NULL)
        return EX_OSERR;
    toolbox_stop_at_signals(&stop);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (somebody_answers(&simulation)) {
        live_through(&simulation, &desk);
        show_totals(&simulation, &desk);
        if (report_is_json())
            report_totals(&simulation, &desk);
    } else {
        atomic_store(&simulation.failed, true);
    }
    curl_global_cleanup();
    free(simulation.accounts);
    if (atomic_load(&simulation.failed) || atomic_load(&simulation.totals.lost) > 0)
        return EX_UNAVAILABLE;
    return atomic_load(&simulation.totals.refused) > 0 ? EX_DATAERR : EX_OK;
}

int command_simulate(int argc, char **argv)
{
    struct simulate_options options;
    struct toolbox toolbox = {0};
    if (!options_parse(argc, argv, &options))
        return EX_USAGE;
    const struct needs needs = {.internal = true, .uses = options.on_bus ? USES_BUS : 0};
    int result = toolbox_open(&toolbox, &needs);
    if (result != EX_OK)
        return result;
    result = simulate(&options, &toolbox.engines);
    toolbox_close(&toolbox);
    return result;
}
