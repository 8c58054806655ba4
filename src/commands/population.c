/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs population`: what the simulated people are like as a whole, and their features with what
 * became of them, for a model to learn from.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/json_put.h"
#include "base/time_text.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "domain/scorecard.h"
#include "learning/measures.h"
#include "process/steady.h"
#include "simulation/life.h"
#include "simulation/population.h"

enum { PEOPLE_MAX = 1000000, SHOW_EVERY = 500, FIRST_DAY = 365 };

struct population_options {
    int64_t people;
    int64_t seed;
    int64_t as_of_us;
    const char *csv; /* NULL: none */
};

/* What is kept of a person, once the row is written. */
struct person_result {
    enum persona persona;
    bool defaulted;
    int32_t probability;
    int32_t scorecard_risk;
};

struct drawing {
    struct population_options options;
    struct person_result *results; /* of each person; owned */
    struct rated *cases;           /* room for all of them; owned */
};

static bool options_parse(int argc, char **argv, struct population_options *options)
{
    const char *as_of = "2026-01-01T12:00:00Z";
    const struct command_option known[] = {
        {.name = "--people", .number = &options->people, .least = 1, .most = PEOPLE_MAX},
        {.name = "--seed", .number = &options->seed, .most = INT64_MAX},
        {.name = "--csv", .text = &options->csv},
        {.name = "--as-of", .text = &as_of},
        {0},
    };
    *options = (struct population_options){.seed = 1};
    bool good = options_read(argc, argv, known, NULL);
    if (time_parse(as_of, strlen(as_of), &options->as_of_us) != STATUS_OK ||
        options->as_of_us < FIRST_DAY * DAY_US) {
        fprintf(stderr,
                "ecs population: --as-of %s is no time like 2026-01-01T12:00:00Z, from 1971 on\n",
                as_of);
        good = false;
    }
    if (good && options->people == 0) {
        fprintf(stderr, "ecs population: --people is missing\n");
        good = false;
    }
    return good;
}

static void row_write(FILE *csv, const struct features *features,
                      const struct person_result *result)
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        fprintf(csv, "%" PRId64 ",", features->values[i]);
    fprintf(csv, "%s,%d\n", persona_name(result->persona), result->defaulted);
}

static struct person_result person_draw(const struct population_options *options, uint32_t number,
                                        FILE *csv)
{
    struct person_tiles tiles;
    struct simulated_person person = population_person((uint64_t)options->seed, number);
    population_tiles(&person, options->as_of_us, &tiles);
    struct features features = features_compute(&tiles, options->as_of_us);
    struct life_outcome outcome = life_outcome(&person, options->as_of_us / DAY_US);
    struct person_result result = {
        .persona = person.persona,
        .defaulted = outcome.defaulted,
        .probability = outcome.probability,
        .scorecard_risk = scorecard_risk(&features),
    };
    if (csv != NULL)
        row_write(csv, &features, &result);
    return result;
}

static void draw_all(struct drawing *drawing, FILE *csv)
{
    const int64_t started_us = steady_now_us(), people = drawing->options.people;
    for (int i = 0; csv != NULL && i < FEATURE_COUNT; i++)
        fprintf(csv, "%s,", feature_definitions[i].name);
    if (csv != NULL)
        fprintf(csv, "persona,defaulted\n");
    for (int64_t done = 1; done <= people; done++) {
        drawing->results[done - 1] = person_draw(&drawing->options, (uint32_t)(done - 1), csv);
        if (done % SHOW_EVERY == 0 || done == people)
            report_progress("people", done, people,
                            done * SECOND_US / (steady_now_us() - started_us + 1));
    }
    report_status_end();
}

/* How well a risk tells who of a persona, or of all, defaults; `*count` are those, of whom
 * `*defaults` do. */
static int32_t group_auc(struct drawing *drawing, int persona, bool hidden, size_t *count,
                         size_t *defaults)
{
    *count = *defaults = 0;
    for (int64_t i = 0; i < drawing->options.people; i++) {
        const struct person_result *result = &drawing->results[i];
        if (persona != PERSONA_COUNT && (int)result->persona != persona)
            continue;
        drawing->cases[(*count)++] = (struct rated){
            hidden ? result->probability : result->scorecard_risk, result->defaulted};
        *defaults += result->defaulted;
    }
    assert(*defaults <= *count && *count <= (size_t)drawing->options.people);
    return (int32_t)lround(rated_auc(drawing->cases, *count) * MILLIONTHS);
}

/* One line about those of a persona, or about all; an object in `report`, with --json. */
static void group_show(struct drawing *drawing, int persona, struct buf *report)
{
    const char *name = persona == PERSONA_COUNT ? "all" : persona_name((enum persona)persona);
    size_t count, defaults;
    int32_t best = group_auc(drawing, persona, true, &count, &defaults);
    int32_t scorecard = group_auc(drawing, persona, false, &count, &defaults);
    if (report_is_json()) {
        json_put_open(report, NULL, '{');
        json_put_text(report, "persona", name);
        json_put_integer(report, "people", (int64_t)count);
        json_put_integer(report, "defaults", (int64_t)defaults);
        json_put_decimal(report, "best_auc", best, 6);
        json_put_decimal(report, "scorecard_auc", scorecard, 6);
        json_put_close(report, '}');
        return;
    }
    report_line("%-10s %8zu %8.2f %% %9.3f %14.3f", name, count,
                count == 0 ? 0.0 : 100.0 * (double)defaults / (double)count, best / 1e6,
                scorecard / 1e6);
}

static void results_show(struct drawing *drawing)
{
    struct buf report;
    char as_of[TIME_TEXT_SIZE];
    time_format(drawing->options.as_of_us, as_of);
    report_begin(&report);
    json_put_integer(&report, "seed", drawing->options.seed);
    json_put_text(&report, "as_of", as_of);
    json_put_open(&report, "groups", '[');
    if (!report_is_json()) {
        report_line("seed %" PRId64 ", as of %s", drawing->options.seed, as_of);
        report_line("%-10s %8s %10s %9s %14s", "persona", "people", "defaults", "best AUC",
                    "scorecard AUC");
    }
    for (int i = 0; i <= PERSONA_COUNT; i++)
        group_show(drawing, i, &report);
    json_put_close(&report, ']');
    if (report_is_json())
        report_end(&report);
    buf_free(&report);
}

/* EX_OK, or the file's fault, told. */
static int csv_close(FILE *csv, const char *path)
{
    bool good = ferror(csv) == 0;
    good &= fclose(csv) == 0;
    if (good)
        return EX_OK;
    fprintf(stderr, "ecs population: %s cannot be written: %s\n", path, strerror(errno));
    return EX_IOERR;
}

static int draw_and_show(struct drawing *drawing)
{
    const char *path = drawing->options.csv;
    FILE *csv = NULL;
    if (path != NULL && (csv = fopen(path, "w")) == NULL) {
        fprintf(stderr, "ecs population: %s cannot be written: %s\n", path, strerror(errno));
        return EX_CANTCREAT;
    }
    draw_all(drawing, csv);
    results_show(drawing);
    return csv == NULL ? EX_OK : csv_close(csv, path);
}

int command_population(int argc, char **argv)
{
    struct drawing drawing;
    if (!options_parse(argc, argv, &drawing.options))
        return EX_USAGE;
    size_t people = (size_t)drawing.options.people;
    drawing.results = calloc(people, sizeof *drawing.results);
    drawing.cases = calloc(people, sizeof *drawing.cases);
    int result =
        drawing.results == NULL || drawing.cases == NULL ? EX_OSERR : draw_and_show(&drawing);
    free(drawing.results);
    free(drawing.cases);
    return result;
}
