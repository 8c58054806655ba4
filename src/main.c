/* SPDX-License-Identifier: Apache-2.0
 *
 * The whole system on a page: subcommands, the seven roles, and what each process needs.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "adapters/clock_system.h"
#include "adapters/entropy_system.h"
#include "base/log.h"
#include "commands/backtest.h"
#include "commands/bench_scale.h"
#include "commands/command.h"
#include "commands/dead.h"
#include "commands/features.h"
#include "commands/health.h"
#include "commands/policy.h"
#include "commands/population.h"
#include "commands/replay.h"
#include "commands/report.h"
#include "commands/rewind.h"
#include "commands/simulate.h"
#include "commands/status.h"
#include "commands/train.h"
#include "commands/verify_log.h"
#include "runner/runner.h"
#include "wiring.h"

static const struct role *const all_roles[] = {
    &role_emotion_ingestion,      &role_transaction_ingestion, &role_emotion_processing,
    &role_transaction_processing, &role_credit_analysis,       &role_user_credit,
    &role_credit_application,
};
enum { ROLE_COUNT = sizeof all_roles / sizeof all_roles[0], FAULTS_MAX = 64 * 1024 };

static struct settings settings;
static struct engines engines;

/* Tells every fault of the configuration at once. EX_UNAVAILABLE: all of them may mend by waiting.
 */
static int start(const struct needs *needs)
{
    struct buf faults;
    buf_init(&faults, FAULTS_MAX);
    enum status status = settings_load(&settings, &faults);
    log_start(settings.log_threshold);
    settings_warn();
    enum status opened = engines_open(&engines, &settings, needs, &faults);
    if (status != STATUS_OK && opened == STATUS_OK)
        engines_close(&engines);
    int result = status != STATUS_OK || opened == STATUS_INVALID ? EX_CONFIG
                 : opened != STATUS_OK                           ? EX_UNAVAILABLE
                                                                 : EX_OK;
    if (faults.size > 0)
        fprintf(stderr, "ecs: %s:\n%s",
                result == EX_CONFIG ? "the configuration has faults" : "cannot start now",
                buf_slice(&faults).data);
    buf_free(&faults);
    return result;
}

static struct needs needs_of(const struct role *const roles[], size_t count)
{
    struct needs needs = {.service = count == 1 ? roles[0]->name : ""};
    for (size_t i = 0; i < count; i++) {
        needs.uses |= roles[i]->uses;
        for (size_t k = 0; k < roles[i]->endpoint_count; k++) {
            const struct endpoint *endpoint = &roles[i]->endpoints[k];
            needs.uses |= USES_CACHE; /* request rates are shared through it */
            needs.internal |= auth_takes_internal_key(endpoint->auth);
            if (auth_takes_token(endpoint->auth)) {
                needs.tokens = true;
                needs.uses |= USES_STORE; /* revoked tokens are read from it */
            }
        }
    }
    return needs;
}

static const char serve_usage[] =
    "usage: ecs serve [--role NAME]...\n\n"
    "Runs the named roles in one process; all seven if none is named.\n\nRoles:\n";

static void serve_usage_more(struct buf *out)
{
    for (size_t i = 0; i < ROLE_COUNT; i++)
        buf_printf(out, "  %-24s %s\n", all_roles[i]->name, all_roles[i]->summary);
    buf_text(out, "\nConfiguration, by environment variables:\n");
    settings_help(out);
}

static const struct role *role_named(const char *name)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (strcmp(all_roles[i]->name, name) == 0)
            return all_roles[i];
    }
    return NULL;
}

/* Parses `serve` options into `roles`; -1 to go on, an exit status otherwise. */
static int serve_options(int argc, char **argv, const struct role *roles[], size_t *count)
{
    static const struct option options[] = {{"role", required_argument, NULL, 'r'}, {0}};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const struct role *role = option == 'r' ? role_named(optarg) : NULL;
        if (role == NULL) {
            if (option == 'r')
                fprintf(stderr, "ecs serve: no role is named %s; see ecs serve --help\n", optarg);
            return EX_USAGE;
        }
        bool named = false;
        for (size_t i = 0; i < *count; i++)
            named |= roles[i] == role;
        if (!named)
            roles[(*count)++] = role;
    }
    if (optind < argc) {
        fprintf(stderr, "ecs serve: unexpected argument %s\n", argv[optind]);
        return EX_USAGE;
    }
    return -1;
}

static int command_serve(int argc, char **argv)
{
    const struct role *roles[ROLE_COUNT];
    size_t count = 0;
    int result = serve_options(argc, argv, roles, &count);
    if (result >= 0)
        return result;
    if (count == 0) {
        memcpy(roles, all_roles, sizeof all_roles);
        count = ROLE_COUNT;
    }
    log_to_stdout();
    runner_block_signals();
    struct needs needs = needs_of(roles, count);
    result = start(&needs);
    if (result != EX_OK)
        return result;
    struct runner_options options = {
        .settings = &settings,
        .roles = roles,
        .role_count = count,
        .uses = needs.uses,
        .internal_keys = engines.internal_keys,
        .bus = engines.bus,
        .revocations = engines.revocations,
        .clock = clock_system(),
        .entropy = entropy_system(),
        .context_open = engines_context_open,
        .context_close = engines_context_close,
        .schema_prepare = engines_schema_prepare,
        .refresh = engines_refresh,
        .engines = &engines,
    };
    result = runner_run(&options);
    engines_close(&engines);
    return result;
}

static const char migrate_usage[] =
    "usage: ecs migrate [--json]\n\n"
    "Applies the schema migrations that DATABASE_URL (or the embedded database in DATA_DIR) does "
    "not\nhave yet, and grants the logins of roles their rights, if there are any. DATABASE_URL "
    "has "
    "the\nlogin of the schema's owner.\n";

static int command_migrate(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        fputs(migrate_usage, stderr);
        return EX_USAGE;
    }
    int result = start(&(struct needs){.uses = USES_STORE});
    if (result != EX_OK)
        return result;
    struct role_context context;
    int applied = 0;
    enum status status = engines_context_open(&engines, USES_STORE, &context);
    if (status == STATUS_OK) {
        do
            status = store_migrate(context.store, &applied);
        while (status == STATUS_TIMED_OUT); /* another process migrates: that is waited for */
        engines_context_close(&engines, &context);
    }
    engines_close(&engines);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs migrate: the database cannot be migrated: %s\n",
                status == STATUS_FORBIDDEN ? "this is not the login of its owner"
                                           : status_title(status));
        return EX_UNAVAILABLE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        report_integer(&report, "applied", applied);
        report_end(&report);
    } else {
        printf("%d migrations applied; the schema is current.\n", applied);
    }
    return EX_OK;
}

/* Runs a command that works on the bus. */
static int with_bus(int argc, char **argv, bool reads,
                    int (*run)(int, char **, struct bus *, struct clock *))
{
    int result = start(&(struct needs){.uses = USES_BUS, .reads = reads});
    if (result != EX_OK)
        return result;
    result = run(argc, argv, engines.bus, clock_system());
    engines_close(&engines);
    return result;
}

static int run_dead(int argc, char **argv)
{
    return with_bus(argc, argv, argc > 1 && strcmp(argv[1], "list") == 0, command_dead);
}

static int run_rewind(int argc, char **argv)
{
    return with_bus(argc, argv, false, command_rewind);
}

/* Opens what is needed, the database with it, and brings its schema up to date. */
static int store_start_with(const struct needs *needs, struct role_context *context)
{
    int applied;
    int result = start(needs);
    if (result != EX_OK)
        return result;
    if (engines_context_open(&engines, USES_STORE, context) == STATUS_OK &&
        store_migrate(context->store, &applied) == STATUS_OK)
        return EX_OK;
    fprintf(stderr, "ecs: the database cannot be opened\n");
    engines_context_close(&engines, context);
    engines_close(&engines);
    return EX_UNAVAILABLE;
}

/* The database alone, to read: it must be there, and its schema current. */
static int store_start(struct role_context *context)
{
    int pending = 0;
    int result = start(&(struct needs){.uses = USES_STORE, .reads = true});
    if (result != EX_OK)
        return result;
    enum status status = engines_context_open(&engines, USES_STORE, context);
    if (status == STATUS_OK)
        status = store_migrations_pending(context->store, &pending);
    if (status == STATUS_OK && pending == 0)
        return EX_OK;
    if (status == STATUS_OK)
        fprintf(stderr, "ecs: the database lacks %d migrations: run ecs migrate first\n", pending);
    else
        fprintf(stderr, "ecs: the database cannot be read: %s\n", status_title(status));
    engines_context_close(&engines, context);
    engines_close(&engines);
    return EX_UNAVAILABLE;
}

/* Runs a command that works on the database. */
static int with_store(int argc, char **argv, int (*run)(int, char **, struct store *))
{
    struct role_context context;
    int result = store_start(&context);
    if (result != EX_OK)
        return result;
    result = run(argc, argv, context.store);
    engines_context_close(&engines, &context);
    engines_close(&engines);
    return result;
}

static int run_features(int argc, char **argv)
{
    return with_store(argc, argv, command_features);
}

static int run_verify_log(int argc, char **argv)
{
    return with_store(argc, argv, command_verify_log);
}

static int run_replay(int argc, char **argv)
{
    struct role_context context;
    int result = store_start(&context);
    if (result != EX_OK)
        return result;
    struct replay_tools tools = {context.store, engines_model_open, &engines};
    result = command_replay(argc, argv, &tools);
    engines_context_close(&engines, &context);
    engines_close(&engines);
    return result;
}

/* A model that stands in a folder and fits the features. */
static int model_start(const char *folder, struct feature_model **model)
{
    char reason[REASON_MAX + 1];
    if (feature_model_load(folder, model, reason) == STATUS_OK)
        return EX_OK;
    fprintf(stderr, "ecs: --model %s: %s\n", folder, reason);
    return EX_NOINPUT;
}

/* The policy and the model first: what is wrong with them needs no database. */
static int run_backtest(int argc, char **argv)
{
    struct backtest_options options;
    struct policy policy;
    struct role_context contexts[BACKTEST_READERS];
    struct store *stores[BACKTEST_READERS];
    int result = backtest_options_read(argc, argv, &options);
    if (result >= 0)
        return result;
    result = policy_read(options.policy_path, &policy);
    struct feature_model *model = NULL;
    if (result == EX_OK && options.model_path != NULL)
        result = model_start(options.model_path, &model);
    if (result == EX_OK)
        result = store_start(&contexts[0]);
    if (result != EX_OK) {
        feature_model_free(model);
        return result;
    }
    int opened = 1;
    while (result == EX_OK && opened < BACKTEST_READERS &&
           engines_context_open(&engines, USES_STORE, &contexts[opened]) == STATUS_OK)
        opened++;
    for (int i = 0; i < opened; i++)
        stores[i] = contexts[i].store;
    if (opened == BACKTEST_READERS) {
        result = command_backtest(&options, &policy, stores, model);
    } else if (result == EX_OK) {
        fprintf(stderr, "ecs: the database cannot be opened\n");
        result = EX_UNAVAILABLE;
    }
    feature_model_free(model);
    for (int i = 0; i < opened; i++)
        engines_context_close(&engines, &contexts[i]);
    engines_close(&engines);
    return result;
}

static int run_simulate(int argc, char **argv)
{
    struct simulate_settings simulation = {.clock = clock_system()};
    int result = start(
        &(struct needs){.internal = true, .uses = simulate_needs_bus(argc, argv) ? USES_BUS : 0});
    if (result != EX_OK)
        return result;
    simulation.internal_key = engines.internal_keys[0];
    simulation.bus = engines.bus;
    result = command_simulate(argc, argv, &simulation);
    engines_close(&engines);
    return result;
}

static int run_population(int argc, char **argv)
{
    return command_population(argc, argv, clock_system());
}

/* The configuration alone; no engine is opened. */
static int settings_start(void)
{
    struct buf faults;
    buf_init(&faults, FAULTS_MAX);
    enum status status = settings_load(&settings, &faults);
    if (status != STATUS_OK)
        fprintf(stderr, "ecs: the configuration has faults:\n%s", buf_slice(&faults).data);
    log_start(settings.log_threshold);
    buf_free(&faults);
    return status == STATUS_OK ? EX_OK : EX_CONFIG;
}

/* These two need LISTEN alone: they must work beside a server that waits for its engines. */
static int run_health(int argc, char **argv)
{
    int result = settings_start();
    return result == EX_OK ? command_health(argc, argv, settings.listen) : result;
}

static int run_status(int argc, char **argv)
{
    int result = settings_start();
    return result == EX_OK ? command_status(argc, argv, settings.listen) : result;
}

static int run_bench(int argc, char **argv)
{
    const struct needs needs = {.uses = USES_BUS | USES_STORE, .tokens = true, .internal = true};
    struct bench_options options;
    struct role_context context;
    int result = bench_options_read(argc, argv, &options);
    if (result >= 0)
        return result;
    result = settings_start();
    if (result != EX_OK)
        return result;
    if (settings.database_url[0] == '\0' || settings.nats_url[0] == '\0' ||
        settings.redis_url[0] == '\0') {
        fprintf(stderr, "ecs bench scale needs DATABASE_URL, NATS_URL and REDIS_URL: embedded "
                        "engines are of one process\n");
        return EX_CONFIG;
    }
    result = store_start_with(&needs, &context);
    if (result != EX_OK)
        return result;
    struct bench_tools tools = {.internal_key = engines.internal_keys[0],
                                .tokens = &engines.tokens,
                                .store = context.store,
                                .bus = engines.bus,
                                .clock = clock_system(),
                                .entropy = entropy_system()};
    result = command_bench_scale(&options, &tools);
    engines_context_close(&engines, &context);
    engines_close(&engines);
    return result;
}

static const char version_usage[] = "usage: ecs version [--json]\n\nPrints the version.\n";

static int command_version(int argc, char **argv)
{
    (void)argv;
    if (argc > 1) {
        fputs(version_usage, stderr);
        return EX_USAGE;
    }
    if (report_is_json()) {
        struct buf report;
        report_begin(&report);
        report_text(&report, "version", ECS_VERSION);
        report_end(&report);
    } else {
        printf("ecs %s\n", ECS_VERSION);
    }
    return EX_OK;
}

static const struct command commands[] = {
    {"serve", "run roles: all of them, or those named by --role", serve_usage, serve_usage_more,
     command_serve},
    {"migrate", "apply schema migrations", migrate_usage, NULL, command_migrate},
    {"simulate", "let people feel, pay and ask for credit", simulate_usage, NULL, run_simulate},
    {"population", "draw people with their features and defaults, to learn from", population_usage,
     NULL, run_population},
    {"train", "train a model of risk from data", train_usage, NULL, command_train},
    {"policy", "check a credit policy before it is used", policy_usage, NULL, command_policy},
    {"backtest", "tell what a policy would have made of recorded decisions", backtest_usage, NULL,
     run_backtest},
    {"bench", "measure what more processes bring", bench_usage, NULL, run_bench},
    {"dead", "list refused messages, or put them back", dead_usage, NULL, run_dead},
    {"rewind", "consume a stream again from a moment on", rewind_usage, NULL, run_rewind},
    {"features", "what was known of everybody at a moment, as CSV", features_usage, NULL,
     run_features},
    {"replay", "make recorded decisions again, and tell what differs", replay_usage, NULL,
     run_replay},
    {"verify-log", "prove that no decision was altered or taken away", verify_log_usage, NULL,
     run_verify_log},
    {"status", "how running servers, their engines and streams are", status_usage, NULL,
     run_status},
    {"health", "ask the server on LISTEN whether it is ready", health_usage, NULL, run_health},
    {"version", "print the version", version_usage, NULL, command_version},
};

/* What we write is for our account alone, and what is in our memory, secrets and people's data, for
 * nobody: neither in a core file nor through a debugger of the same account. */
static void keep_to_ourselves(void)
{
    umask(077);
    (void)!prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    static const struct command_table table = {commands, sizeof commands / sizeof commands[0]};
    keep_to_ourselves();
    /* Threads share two heaps: one for each would keep what is free apart. */
    mallopt(M_ARENA_MAX, 2);
    /* Large blocks go back to the system as soon as they are free; glibc would learn otherwise. */
    mallopt(M_MMAP_THRESHOLD, HTTP_BODY_MAX);
    if (sodium_init() < 0)
        return EX_OSERR;
    return command_run(&table, argc, argv);
}
