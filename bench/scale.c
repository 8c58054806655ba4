/* SPDX-License-Identifier: Apache-2.0 */
#include "scale.h"

#include <curl/curl.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "store/features.h"
#include "store/people.h"
#include "store/store.h"

enum { PLACES = 3 }; /* of a figure in JSON: finer than any is measured */
enum { EVENTS_MIN = 1000, EVENTS_MAX = 100000000, PEOPLE_MAX = 100000, SCAN_MAX = 1000 };

static const char usage[] =
    "usage: build/bench/scale [OPTION VALUE]... [--json]\n\n"
    "Measures what more processes of a role bring, on engines of their own: DATABASE_URL, "
    "NATS_URL\n"
    "and REDIS_URL must be set, and nobody may be in the database. It migrates the schema, starts\n"
    "and ends the processes itself, and leaves in the engines what it made.\n\n"
    "  --workers N,...   processes of emotion-processing (1,2,4)\n"
    "  --replicas N,...  processes of emotion-ingestion, then of user-credit (1,2,4)\n"
    "  --events N        of the backlog that workers count (300000)\n"
    "  --people N        whose events they are (5000)\n\n"
    "Each row is one measurement. \"half\" and \"all\" are the seconds in which the lag fell to "
    "half\n"
    "and to nothing; \"share\" is what the process with the least and the one with the most did "
    "of\n"
    "all. Then the processor time of the whole machine: idle, of the processes measured, of this\n"
    "one (\"load\"), and of others, which are the engines if nothing else runs. \"limit\" says "
    "what\n"
    "keeps it from being faster: the machine, of which less than 10 % is idle; the design, if "
    "more\n"
    "is, yet the row is less than 10 % faster than the one above; otherwise the number of\n"
    "processes.\n";

static atomic_bool stop;

/* Options --------------------------------------------------------------------------------- */

/* A whole number at the start of `text`, up to `*end`; false if there is none within the limits. */
static bool number_read(const char *text, int64_t least, int64_t most, char **end, int64_t *value)
{
    errno = 0;
    *value = strtoll(text, end, 10);
    return *end != text && errno == 0 && *value >= least && *value <= most;
}

static bool counts_read(const char *text, struct bench_counts *counts)
{
    counts->count = 0;
    for (char *end;; text = end + 1) {
        int64_t value;
        if (counts->count == BENCH_COUNTS_MAX ||
            !number_read(text, 1, BENCH_PROCESSES_MAX, &end, &value))
            return false;
        counts->counts[counts->count++] = (size_t)value;
        if (*end != ',')
            return *end == '\0';
    }
}

static bool option_read(struct bench_options *options, const char *name, const char *value)
{
    char *end;
    if (strcmp(name, "--workers") == 0 && counts_read(value, &options->workers))
        return true;
    if (strcmp(name, "--replicas") == 0 && counts_read(value, &options->replicas))
        return true;
    if (strcmp(name, "--events") == 0 &&
        number_read(value, EVENTS_MIN, EVENTS_MAX, &end, &options->events) && *end == '\0')
        return true;
    if (strcmp(name, "--people") == 0 &&
        number_read(value, 1, PEOPLE_MAX, &end, &options->people) && *end == '\0')
        return true;
    fprintf(stderr, "scale: %s %s is not understood; see build/bench/scale --help\n", name, value);
    return false;
}

/* -1 to go on, with `options` filled; an exit status otherwise, with the fault told. */
static int options_parse(int argc, char **argv, struct bench_options *options)
{
    static const struct bench_counts counts = {{1, 2, 4}, 3};
    *options = (struct bench_options){
        .workers = counts, .replicas = counts, .events = 300000, .people = 5000};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(usage, stdout);
            return EX_OK;
        }
        if (strcmp(argv[i], "--json") == 0) {
            report_choose_json();
        } else if (i + 1 == argc) {
            fputs(usage, stderr);
            return EX_USAGE;
        } else if (!option_read(options, argv[i], argv[i + 1])) {
            return EX_USAGE;
        } else {
            i++;
        }
    }
    return -1;
}

/* People ---------------------------------------------------------------------------------- */

static enum status people_count(const struct bench_tools *tools, int64_t *count)
{
    struct uuid found[SCAN_MAX], after = {0};
    int64_t now_us = clock_now_us(tools->clock);
    size_t some;
    *count = 0;
    do {
        enum status status =
            store_people_scan(tools->store, &after, now_us, found, SCAN_MAX, &some);
        if (status != STATUS_OK)
            return status;
        *count += (int64_t)some;
        if (some > 0)
            after = found[some - 1];
    } while (some > 0);
    return STATUS_OK;
}

/* Straight into the database: to register, a password is hashed, which takes longer than all that
 * is measured. Nobody can log in as them. */
static enum status person_add(const struct bench_tools *tools, int64_t number,
                              struct account *account)
{
    char token[TOKEN_MAX + 1];
    int64_t now_us = clock_now_us(tools->clock);
    struct user user = {.id = entropy_uuid(tools->entropy, now_us),
                        .password_hash = "none",
                        .created_at_us = now_us,
                        .updated_at_us = now_us};
    snprintf(user.email, sizeof user.email, "bench-%lld@example.com", (long long)number);
    struct principal principal = {.user_id = user.id,
                                  .token_id = entropy_uuid(tools->entropy, now_us),
                                  .token_expires_at_us = now_us + DAY_US};
    strcpy(principal.email, user.email);
    uuid_format(&user.id, account->user_id);
    enum status status = store_user_create(tools->store, &user);
    if (status == STATUS_OK)
        status = token_sign(tools->tokens, &principal, now_us, token);
    if (status == STATUS_OK && strlen(token) > ACCESS_TOKEN_MAX)
        status = STATUS_INTERNAL;
    if (status == STATUS_OK)
        strcpy(account->token, token);
    return status;
}

static enum status people_add(struct bench *bench)
{
    struct clock *clock = bench->tools->clock;
    int64_t started_us = clock_monotonic_us(clock), people = bench->options->people;
    for (int64_t i = 0; i < people; i++) {
        if (atomic_load(bench->stop))
            return STATUS_TIMED_OUT;
        if (person_add(bench->tools, i, &bench->accounts[i]) != STATUS_OK) {
            fprintf(stderr, "scale: people cannot be put into the database\n");
            return STATUS_UNAVAILABLE;
        }
        report_progress("people", i + 1, people,
                        (i + 1) * SECOND_US / (clock_monotonic_us(clock) - started_us + 1));
    }
    report_status_end();
    return STATUS_OK;
}

/* The command ----------------------------------------------------------------------------- */

void bench_usage_add(struct buf *table, const struct bench_usage *used, double rate, double before)
{
    int64_t others = used->all - used->idle - used->ecs - used->load;
    double idle = bench_percent(used->idle, used->all);
    buf_printf(table, "%6.0f %5.0f %5.0f %6.0f %s", idle, bench_percent(used->ecs, used->all),
               bench_percent(used->load, used->all), bench_percent(others, used->all),
               bench_limit_name(bench_limit_of(idle, rate, before)));
}

void bench_row_begin(struct buf *report, const char *what, size_t count, double rate)
{
    json_put_open(report, NULL, '{');
    json_put_text(report, "what", what);
    json_put_integer(report, "processes", (int64_t)count);
    report_rounded(report, "rate_per_second", rate, PLACES);
}

void bench_row_end(struct buf *report, const struct bench_fairness *fairness,
                   const struct bench_usage *used, double rate, double before)
{
    double idle = bench_percent(used->idle, used->all);
    report_rounded(report, "share_least_percent", fairness->least, PLACES);
    report_rounded(report, "share_most_percent", fairness->most, PLACES);
    report_rounded(report, "idle_percent", idle, PLACES);
    report_rounded(report, "ecs_percent", bench_percent(used->ecs, used->all), PLACES);
    report_rounded(report, "load_percent", bench_percent(used->load, used->all), PLACES);
    json_put_text(report, "limit", bench_limit_name(bench_limit_of(idle, rate, before)));
    json_put_close(report, '}');
}

static enum status measure(const struct bench_options *options, const struct bench_tools *tools)
{
    struct bench bench = {.options = options, .tools = tools, .stop = &stop};
    bench.accounts = calloc((size_t)options->people, sizeof bench.accounts[0]);
    if (bench.accounts == NULL)
        return STATUS_INTERNAL;
    report_begin(&bench.report);
    json_put_open(&bench.report, "rows", '[');
    enum status status = people_add(&bench);
    if (status == STATUS_OK)
        status = bench_workers(&bench);
    if (status == STATUS_OK)
        status = bench_replicas(&bench);
    json_put_close(&bench.report, ']');
    if (report_is_json())
        report_end(&bench.report);
    else
        buf_free(&bench.report);
    free(bench.accounts);
    return status;
}

/* Returns the exit status. Leaves people, events and decisions in the engines. */
static int scale(const struct bench_options *options, const struct bench_tools *tools)
{
    int64_t people;
    if (people_count(tools, &people) != STATUS_OK) {
        fprintf(stderr, "scale: the database cannot be read\n");
        return EX_UNAVAILABLE;
    }
    if (people > 0) {
        fprintf(stderr, "scale needs engines of its own: %lld people are in this database\n",
                (long long)people);
        return EX_USAGE;
    }
    toolbox_stop_at_signals(&stop);
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    enum status status = measure(options, tools);
    curl_global_cleanup();
    if (atomic_load(&stop)) {
        fprintf(stderr, "scale: ended before all was measured\n");
        return EX_TEMPFAIL;
    }
    return status == STATUS_OK ? EX_OK : EX_UNAVAILABLE;
}

static int scale_on_engines(const struct bench_options *options, struct toolbox *toolbox)
{
    struct engines *engines = &toolbox->engines;
    int applied;
    if (engines_context_open(engines, USES_STORE, &toolbox->context) != STATUS_OK ||
        store_migrate(toolbox->context.store, &applied) != STATUS_OK) {
        fprintf(stderr, "scale: the database cannot be opened\n");
        return EX_UNAVAILABLE;
    }
    struct bench_tools tools = {.internal_key = engines->secrets.keys[0].secret,
                                .tokens = &engines->secrets.tokens,
                                .store = toolbox->context.store,
                                .bus = engines->bus,
                                .clock = engines->clock,
                                .entropy = engines->entropy};
    return scale(options, &tools);
}

int main(int argc, char **argv)
{
    const struct needs needs = {.uses = USES_BUS | USES_STORE, .tokens = true, .internal = true};
    static struct toolbox toolbox;
    struct bench_options options;
    umask(077);
    int result = sodium_init() < 0 ? EX_OSERR : options_parse(argc, argv, &options);
    if (result >= 0)
        return result;
    result = toolbox_load(&toolbox);
    if (result != EX_OK)
        return result;
    if (toolbox.settings.database_url[0] == '\0' || toolbox.settings.nats_url[0] == '\0' ||
        toolbox.settings.redis_url[0] == '\0') {
        fprintf(stderr, "scale needs DATABASE_URL, NATS_URL and REDIS_URL: embedded engines are of "
                        "one process\n");
        return EX_CONFIG;
    }
    result = toolbox_open(&toolbox, &needs);
    if (result != EX_OK)
        return result;
    result = scale_on_engines(&options, &toolbox);
    toolbox_close(&toolbox);
    return result;
}
