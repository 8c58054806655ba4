/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs population`: what the simulated people are like as a whole, and their features with what
 * became of them, for a model to learn from.
 */
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

static void header_write(FILE *csv)
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        fprintf(csv, "%s,", feature_definitions[i].name);
    fprintf(csv, "persona,defaulted\n");
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

static void draw_all(const struct population_options *options, struct person_result *results,
                     FILE *csv)
{
    int64_t started_us = steady_now_us();
    for (int64_t i = 0; i < options->people; i++) {
        results[i] = person_draw(options, (uint32_t)i, csv);
        int64_t done = i + 1;
        if (done % SHOW_EVERY == 0 || done == options->people)
            report_progress("people", done, options->people,
                            done * SECOND_US / (steady_now_us() - started_us + 1));
    }
    report_status_end();
}

/* One line about those of a persona, or about all; an object in `report`, if that is not NULL.
 * `cases` has room for all people. */
static void group_show(const char *name, int persona, const struct person_result *results,
                       int64_t people, struct rated *cases, struct buf *report)
{
    size_t count = 0, defaults = 0;
    for (int64_t i = 0; i < people; i++)
        if (persona == PERSONA_COUNT || (int)results[i].persona == persona) {
            cases[count++] = (struct rated){results[i].probability, results[i].defaulted};
            defaults += results[i].defaulted;
        }
    int32_t best = (int32_t)lround(rated_auc(cases, count) * MILLIONTHS);
    count = 0;
    for (int64_t i = 0; i < people; i++)
        if (persona == PERSONA_COUNT || (int)results[i].persona == persona)
            cases[count++] = (struct rated){results[i].scorecard_risk, results[i].defaulted};
    int32_t scorecard = (int32_t)lround(rated_auc(cases, count) * MILLIONTHS);
    if (report != NULL) {
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

static void groups_show(const struct population_options *options,
                        const struct person_result *results, struct rated *cases,
                        struct buf *report)
{
    for (int i = 0; i < PERSONA_COUNT; i++)
        group_show(persona_name((enum persona)i), i, results, options->people, cases, report);
    group_show("all", PERSONA_COUNT, results, options->people, cases, report);
}

static void results_show(const struct population_options *options,
                         const struct person_result *results, struct rated *cases)
{
    char as_of[TIME_TEXT_SIZE];
    time_format(options->as_of_us, as_of);
    report_line("seed %" PRId64 ", as of %s", options->seed, as_of);
    report_line("%-10s %8s %10s %9s %14s", "persona", "people", "defaults", "best AUC",
                "scorecard AUC");
    groups_show(options, results, cases, NULL);
}

static void results_report(const struct population_options *options,
                           const struct person_result *results, struct rated *cases)
{
    struct buf report;
    report_begin(&report);
    json_put_integer(&report, "seed", options->seed);
    json_put_time(&report, "as_of", options->as_of_us);
    json_put_open(&report, "groups", '[');
    groups_show(options, results, cases, &report);
    json_put_close(&report, ']');
    report_end(&report);
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

static int draw_and_show(const struct population_options *options, struct person_result *results,
                         struct rated *cases)
{
    FILE *csv = options->csv == NULL ? NULL : fopen(options->csv, "w");
    if (options->csv != NULL && csv == NULL) {
        fprintf(stderr, "ecs population: %s cannot be written: %s\n", options->csv,
                strerror(errno));
        return EX_CANTCREAT;
    }
    if (csv != NULL)
        header_write(csv);
    draw_all(options, results, csv);
    if (report_is_json())
        results_report(options, results, cases);
    else
        results_show(options, results, cases);
    return csv == NULL ? EX_OK : csv_close(csv, options->csv);
}

int command_population(int argc, char **argv)
{
    struct population_options options;
    if (!options_parse(argc, argv, &options))
        return EX_USAGE;
    struct person_result *results = calloc((size_t)options.people, sizeof *results);
    struct rated *cases = calloc((size_t)options.people, sizeof *cases);
    int result =
        results != NULL && cases != NULL ? draw_and_show(&options, results, cases) : EX_OSERR;
    free(results);
    free(cases);
    return result;
}
