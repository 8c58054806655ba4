/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/backtest_show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/time_text.h"
#include "commands/backtest_figures.h"

enum { MILLISECOND_US = 1000, NAME_MIN = 12 };

static void show_head(const struct backtest *backtest, int64_t took_us)
{
    const int64_t count = backtest->total.recorded.count, took_ms = took_us / MILLISECOND_US;
    char hash[HASH_TEXT_SIZE], first[TIME_TEXT_SIZE], last[TIME_TEXT_SIZE];
    hash_format(&backtest->candidate->hash, hash);
    printf("candidate  %s, %s, emotion guard %s\n", backtest->candidate->name, hash,
           guard_name(backtest->candidate->emotion_guard));
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
    figures_of(&backtest->total, figures);
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
        const struct backtest_sum *old = &segments[i].pair.recorded;
        const struct backtest_sum *new = &segments[i].pair.candidate;
        snprintf(name, sizeof name, "%s  %s", segments[i].name, segments[i].detail);
        printf(
            "%-*s  %11s  %9s %9s  %15s %15s %15s  %16s\n", width, name,
            figure_count(old->count, FIGURE_PLAIN).data, figure_approved(old).data,
            figure_approved(new).data, figure_units(old->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents - old->limit_cents, FIGURE_CHANGE).data,
            figure_units(backtest_loss_cents(new) - backtest_loss_cents(old), FIGURE_CHANGE).data);
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
    if (!figures_differ(backtest)) {
        printf("\nNo decision comes out differently.\n");
        return;
    }
    printf("\n%-20s  %11s  %47s  %16s\n", "What changes", "", "exposure", "expected loss");
    printf("%-20s  %11s  %15s %15s %15s  %16s\n", "", "decisions", "recorded", "candidate",
           "change", "change");
    for (int i = 0; i < SWAP_COUNT; i++) {
        const struct backtest_sum *old = &backtest->swaps[i].sums.recorded;
        const struct backtest_sum *new = &backtest->swaps[i].sums.candidate;
        printf(
            "%-20s  %11s  %15s %15s %15s  %16s\n", backtest_swap_name((enum backtest_swap)i),
            figure_count(old->count, FIGURE_PLAIN).data,
            figure_units(old->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents, FIGURE_PLAIN).data,
            figure_units(new->limit_cents - old->limit_cents, FIGURE_CHANGE).data,
            figure_units(backtest_loss_cents(new) - backtest_loss_cents(old), FIGURE_CHANGE).data);
    }
    printf("\nThe greatest changes of each:\n");
    for (int i = 0; i < SWAP_COUNT; i++) {
        if (backtest->swaps[i].example_count > 0)
            printf("%s\n", backtest_swap_name((enum backtest_swap)i));
        show_examples(&backtest->swaps[i]);
    }
}

void backtest_show(const struct backtest *backtest, int64_t took_us)
{
    struct segment segments[SEGMENTS_MAX];
    show_head(backtest, took_us);
    if (backtest->total.recorded.count == 0)
        return;
    show_total(backtest);
    show_segments("By band", segments, segments_by_band(backtest, segments));
    show_segments("By risk", segments, segments_by_risk(backtest, segments));
    size_t groups = segments_by_group(backtest, segments);
    if (groups > 1)
        show_segments("By group", segments, groups);
    show_swaps(backtest);
}
