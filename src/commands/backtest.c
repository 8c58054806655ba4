/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs backtest`: what a policy would have decided on the recorded decisions.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "base/time_text.h"
#include "commands/backtest.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "commands/toolbox.h"
#include "process/steady.h"

struct backtest_options {
    const char *policy_path;
    const char *html_path;  /* NULL: no page */
    const char *model_path; /* NULL: the risks that were recorded */
    int64_t since_us;
};

static bool options_parse(int argc, char **argv, struct backtest_options *options)
{
    const struct command_option known[] = {
        {.name = "--since", .time_us = &options->since_us},
        {.name = "--html", .text = &options->html_path},
        {.name = "--model", .text = &options->model_path},
        {0},
    };
    *options = (struct backtest_options){0};
    if (!options_read(argc, argv, known, &options->policy_path))
        return false;
    if (options->policy_path == NULL)
        (void)command_misused(argv[0]);
    return options->policy_path != NULL;
}

/* On the terminal -------------------------------------------------------------------------- */

enum { MILLISECOND_US = 1000, NAME_MIN = 12, HTML_MAX = 4 * 1024 * 1024 };

static void show_head(const struct backtest *backtest, int64_t took_us)
{
    const int64_t count = backtest->total.recorded.count, took_ms = took_us / MILLISECOND_US;
    char hash[HASH_TEXT_SIZE], first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    hash_format(&backtest->candidate->hash, hash);
    printf("candidate  %s, %s, emotion guard %s\n", backtest->candidate->name, hash,
           emotion_guard_name(backtest->candidate->emotion_guard));
    if (count > 0) {
        time_format(backtest->first_us, first);
        time_format(backtest->last_us, last);
        printf("recorded   %s to %s\n", first, last);
    }
    printf("%s decisions weighed in %" PRId64 ".%03" PRId64 " s (%s decisions/s)\n",
           figure_count(count, FIGURE_PLAIN).data, took_ms / 1000, took_ms % 1000,
           figure_count(took_us > 0 ? count * SECOND_US / took_us : 0, FIGURE_PLAIN).data);
    if (backtest->unlogged > 0)
        printf("%s were left out: they are from before both risks were recorded\n",
               figure_count(backtest->unlogged, FIGURE_PLAIN).data);
}

static void show_total(const struct backtest *backtest)
{
    struct figure figures[FIGURES];
    figure_table(&backtest->total, figures);
    printf("\n%-14s  %22s  %22s  %22s\n", "", "recorded", "candidate", "change");
    for (size_t i = 0; i < FIGURES; i++)
        printf("%-14s  %22s  %22s  %22s\n", figures[i].name, figures[i].recorded.data,
               figures[i].candidate.data, figures[i].change.data);
}

static void show_segments(const char *title, const struct segment segments[], size_t count)
{
    char name[sizeof segments->name + CREDIT_TYPE_MAX + 2];
    int width = NAME_MIN;
    for (size_t i = 0; i < count; i++) {
        int size = (int)(strlen(segments[i].name) + strlen(segments[i].detail)) + 2;
        width = size > width ? size : width;
    }
    printf("\n%-*s  %11s  %19s  %47s  %16s\n", width, title, "", "approval rate", "exposure",
           "expected loss");
    printf("%-*s  %11s  %9s %9s  %15s %15s %15s  %16s\n", width, "", "decisions", "recorded",
           "candidate", "recorded", "candidate", "change", "change");
    for (size_t i = 0; i < count; i++) {
        const struct backtest_pair *pair = &segments[i].pair;
        struct figure_pair figures = figure_pair_of(pair);
        snprintf(name, sizeof name, "%s  %s", segments[i].name, segments[i].detail);
        printf("%-*s  %11s  %9s %9s  %15s %15s %15s  %16s\n", width, name, figures.decisions.data,
               figure_approved(&pair->recorded).data, figure_approved(&pair->candidate).data,
               figures.recorded.data, figures.candidate.data, figures.change.data,
               figures.loss_change.data);
    }
}

static void show_examples(const struct backtest_set *set)
{
    for (size_t i = 0; i < set->example_count; i++) {
        const struct backtest_example *example = &set->examples[i];
        char id[UUID_TEXT_SIZE];
        uuid_format(&example->decision_id, id);
        printf("  %s  risk %s  %s, now %s\n", id, figure_risk(example->candidate.risk).data,
               figure_terms(&example->recorded).data, figure_terms(&example->candidate).data);
    }
}

static void show_swaps(const struct backtest *backtest)
{
    if (!figure_any_differs(backtest)) {
        printf("\nNo decision comes out differently.\n");
        return;
    }
    printf("\n%-20s  %11s  %47s  %16s\n", "What changes", "", "exposure", "expected loss");
    printf("%-20s  %11s  %15s %15s %15s  %16s\n", "", "decisions", "recorded", "candidate",
           "change", "change");
    for (int i = 0; i < SWAP_COUNT; i++) {
        struct figure_pair figures = figure_pair_of(&backtest->swaps[i].sums);
        printf("%-20s  %11s  %15s %15s %15s  %16s\n", backtest_swap_name((enum backtest_swap)i),
               figures.decisions.data, figures.recorded.data, figures.candidate.data,
               figures.change.data, figures.loss_change.data);
    }
    printf("\nThe greatest changes of each:\n");
    for (int i = 0; i < SWAP_COUNT; i++) {
        if (backtest->swaps[i].example_count > 0)
            printf("%s\n", backtest_swap_name((enum backtest_swap)i));
        show_examples(&backtest->swaps[i]);
    }
}

static void result_show(const struct backtest *backtest, int64_t took_us)
{
    struct segment segments[SEGMENTS_MAX];
    show_head(backtest, took_us);
    if (backtest->total.recorded.count == 0)
        return;
    show_total(backtest);
    show_segments("By band", segments, segment_by_band(backtest, segments));
    show_segments("By risk", segments, segment_by_risk(backtest, segments));
    size_t groups = segment_by_group(backtest, segments);
    if (groups > 1)
        show_segments("By group", segments, groups);
    show_swaps(backtest);
}

/* As one JSON document: exact numbers, money in units of currency -------------------------- */

static void put_sum(struct buf *json, const char *name, const struct backtest_sum *sum)
{
    json_put_open(json, name, '{');
    json_put_integer(json, "decisions", sum->count);
    json_put_integer(json, "approved", sum->approved);
    json_put_integer(json, "standing", sum->standing);
    json_put_decimal(json, "exposure", sum->limit_cents, 2);
    json_put_decimal(json, "expected_loss", backtest_loss_cents(sum), 2);
    json_put_decimal(json, "interest", backtest_interest_cents(sum), 2);
    json_put_decimal(json, "rate_percent", backtest_rate_bp(sum), 2);
    json_put_close(json, '}');
}

static void put_pair(struct buf *json, const struct backtest_pair *pair)
{
    put_sum(json, "recorded", &pair->recorded);
    put_sum(json, "candidate", &pair->candidate);
}

static void put_segments(struct buf *json, const char *name, const struct segment segments[],
                         size_t count)
{
    json_put_open(json, name, '[');
    for (size_t i = 0; i < count; i++) {
        json_put_open(json, NULL, '{');
        json_put_text(json, "name", segments[i].name);
        json_put_text(json, "detail", segments[i].detail);
        put_pair(json, &segments[i].pair);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

static void put_terms(struct buf *json, const char *name, const struct backtest_terms *terms)
{
    json_put_open(json, name, '{');
    json_put_boolean(json, "approved", terms->approved);
    json_put_decimal(json, "risk", terms->risk, 6);
    json_put_decimal(json, "limit", terms->limit_cents, 2);
    json_put_decimal(json, "rate_percent", terms->rate_bp, 2);
    json_put_close(json, '}');
}

static void put_swaps(struct buf *json, const struct backtest *backtest)
{
    json_put_open(json, "swaps", '[');
    for (int i = 0; i < SWAP_COUNT; i++) {
        const struct backtest_set *set = &backtest->swaps[i];
        json_put_open(json, NULL, '{');
        json_put_text(json, "name", backtest_swap_name((enum backtest_swap)i));
        put_pair(json, &set->sums);
        json_put_open(json, "greatest", '[');
        for (size_t k = 0; k < set->example_count; k++) {
            json_put_open(json, NULL, '{');
            json_put_uuid(json, "decision_id", &set->examples[k].decision_id);
            put_terms(json, "recorded", &set->examples[k].recorded);
            put_terms(json, "candidate", &set->examples[k].candidate);
            json_put_close(json, '}');
        }
        json_put_ends(json, "]}");
    }
    json_put_close(json, ']');
}

static void result_report(const struct backtest *backtest, int64_t took_us)
{
    struct segment segments[SEGMENTS_MAX];
    struct buf json;
    char hash[HASH_TEXT_SIZE];
    hash_format(&backtest->candidate->hash, hash);
    report_begin(&json);
    json_put_text(&json, "policy", backtest->candidate->name);
    json_put_text(&json, "policy_hash", hash);
    json_put_decimal(&json, "seconds", took_us, 6);
    json_put_integer(&json, "left_out", backtest->unlogged);
    put_pair(&json, &backtest->total);
    put_segments(&json, "by_band", segments, segment_by_band(backtest, segments));
    put_segments(&json, "by_risk", segments, segment_by_risk(backtest, segments));
    put_segments(&json, "by_group", segments, segment_by_group(backtest, segments));
    put_swaps(&json, backtest);
    report_end(&json);
}

/* The command ------------------------------------------------------------------------------ */

static int page_write(const struct backtest *backtest, const char *path)
{
    struct buf page;
    buf_init(&page, HTML_MAX);
    backtest_html(backtest, &page);
    FILE *file = page.overflowed ? NULL : fopen(path, "w");
    bool written = file != NULL && fwrite(page.data, 1, page.size, file) == page.size;
    if (file != NULL && fclose(file) != 0)
        written = false;
    if (!written)
        fprintf(stderr, "ecs backtest: cannot write %s: %s\n", path, strerror(errno));
    buf_free(&page);
    return written ? EX_OK : EX_CANTCREAT;
}

/* Returns the exit status. `model` may be NULL: the risks that were recorded. */
static int weigh(const struct backtest_options *options, const struct policy *policy,
                 struct store *const stores[BACKTEST_READERS], struct model *model)
{
    struct backtest *backtest = malloc(sizeof *backtest);
    if (backtest == NULL)
        return EX_OSERR;
    backtest_init(backtest, policy);
    int64_t start_us = steady_now_us();
    enum status status = model == NULL
                             ? backtest_read(stores, options->since_us, backtest)
                             : backtest_read_scored(stores, options->since_us, model, backtest);
    int64_t took_us = steady_now_us() - start_us;
    int result = EX_OK;
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs backtest: the database cannot be read: %s\n", status_title(status));
        result = EX_UNAVAILABLE;
    } else {
        if (report_is_json())
            result_report(backtest, took_us);
        else
            result_show(backtest, took_us);
        if (options->html_path != NULL)
            result = page_write(backtest, options->html_path);
    }
    free(backtest);
    return result;
}

/* A model that stands in a folder and fits the features. */
static int folder_model_load(const char *folder, struct model **model)
{
    char reason[REASON_MAX + 1];
    if (model_load_features(folder, model, reason) == STATUS_OK)
        return EX_OK;
    fprintf(stderr, "ecs: --model %s: %s\n", folder, reason);
    return EX_NOINPUT;
}

/* Opens a handle of the database for each thread that reads. */
static int weigh_on_readers(const struct backtest_options *options, const struct policy *policy,
                            struct model *model)
{
    struct toolbox toolbox = {0};
    struct role_context contexts[BACKTEST_READERS];
    struct store *stores[BACKTEST_READERS];
    int opened = 0;
    int result = toolbox_open_store(&toolbox);
    if (result != EX_OK)
        return result;
    while (opened < BACKTEST_READERS &&
           engines_context_open(&toolbox.engines, USES_STORE, &contexts[opened]) == STATUS_OK) {
        stores[opened] = contexts[opened].store;
        opened++;
    }
    if (opened == BACKTEST_READERS) {
        result = weigh(options, policy, stores, model);
    } else {
        fprintf(stderr, "ecs: the database cannot be opened\n");
        result = EX_UNAVAILABLE;
    }
    while (opened > 0)
        engines_context_close(&toolbox.engines, &contexts[--opened]);
    toolbox_close(&toolbox);
    return result;
}

/* The policy and the model first: what is wrong with them needs no database. */
int command_backtest(int argc, char **argv)
{
    struct backtest_options options;
    struct policy policy;
    struct model *model = NULL;
    if (!options_parse(argc, argv, &options))
        return EX_USAGE;
    int result = toolbox_policy_read(options.policy_path, &policy);
    if (result == EX_OK && options.model_path != NULL)
        result = folder_model_load(options.model_path, &model);
    if (result == EX_OK)
        result = weigh_on_readers(&options, &policy, model);
    model_free(model);
    return result;
}
