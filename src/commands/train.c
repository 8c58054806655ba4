/* SPDX-License-Identifier: Apache-2.0
 *
 * `ecs train`: data -> a model's folder.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/json_put.h"
#include "commands/command.h"
#include "commands/options.h"
#include "commands/report.h"
#include "learning/csv.h"
#include "learning/measures.h"
#include "learning/training.h"
#include "model/model.h"
#include "simulation/life.h"
#include "simulation/population.h"

enum {
    FOLDS = 5,
    PEOPLE = 20000,
    PEOPLE_MIN = 1000,
    REPEATS = 10,
    REPEATED_ROWS = 20000, /* that all repeats together may train on, by default */
    BAR_WIDTH = 30,
    PLACES = 6, /* of a measure in JSON */
    COMMAND_MAX = 1024 * 1024,
    WARNINGS_MAX = 256 * 1024,
};

static const double test_share_last = 0.25; /* of rows with times: the last of them */

struct train_options {
    const char *from;
    int64_t people;
    const char *csv;
    const char *label;
    const char *positive;
    const char *time; /* NULL: folds, whatever the time */
    const char *out;
    const char *predictions; /* NULL: none are written */
    int64_t folds;
    int64_t repeats; /* 0: as many as fit the data */
    int64_t seed;
};

/* Tells every fault at once. */
static bool options_parse(int argc, char **argv, struct train_options *options)
{
    const struct command_option known[] = {
        {"--from", .text = &options->from},
        {"--csv", .text = &options->csv},
        {"--label", .text = &options->label},
        {"--positive", .text = &options->positive},
        {"--time", .text = &options->time},
        {"--out", .text = &options->out},
        {"--predictions", .text = &options->predictions},
        {"--people", .number = &options->people, .least = PEOPLE_MIN, .most = TRAINING_ROWS_MAX},
        {"--folds", .number = &options->folds, .least = 2, .most = TRAINING_FOLDS_MAX},
        {"--repeats", .number = &options->repeats, .least = 1, .most = TRAINING_REPEATS_MAX},
        {"--seed", .number = &options->seed, .most = INT64_MAX},
        {0},
    };
    *options =
        (struct train_options){.out = "./model", .people = PEOPLE, .folds = FOLDS, .seed = 1};
    bool good = options_read(argc, argv, known, NULL);
    if (good && options->from != NULL &&
        (strcmp(options->from, "population") != 0 || options->csv != NULL)) {
        fprintf(stderr, "ecs train: --from is population, and then there is no --csv\n");
        good = false;
    }
    if (good && options->from == NULL &&
        (options->csv == NULL || options->label == NULL || options->positive == NULL)) {
        fprintf(
            stderr,
            "ecs train: --csv, --label and --positive are needed, or --from population; see ecs "
            "train --help\n");
        good = false;
    }
    return good;
}

/* A simulated population ------------------------------------------------------------------- */

enum { SHOW_EVERY = 500 };
static const int64_t as_of_us = 1767268800 * SECOND_US; /* 2026-01-01T12:00:00Z */

static enum status columns_add(struct table *table)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < FEATURE_COUNT && status == STATUS_OK; i++) {
        struct model_column column;
        feature_columns_describe((enum feature)i, &column);
        status = table_add_column(table, &column);
    }
    return status;
}

static enum status person_add(struct table *table, uint64_t seed, uint32_t number,
                              struct rated *hidden)
{
    struct person_tiles tiles;
    double values[FEATURE_COUNT];
    struct simulated_person person = population_person(seed, number);
    population_tiles(&person, as_of_us, &tiles);
    struct features features = features_compute(&tiles, as_of_us);
    struct life_outcome outcome = life_outcome(&person, as_of_us / DAY_US);
    for (int i = 0; i < FEATURE_COUNT; i++)
        values[i] = (double)features.values[i];
    *hidden = (struct rated){outcome.probability, outcome.defaulted};
    return table_add_row(table, values, outcome.defaulted, as_of_us);
}

/* A simulated population → a table to train on: `people` rows, every feature as of one moment, and
 * who defaults. `best_auc`, in millionths: of who knows every hidden hazard. */
static enum status population_draw(int64_t people, uint64_t seed, struct table *table,
                                   int32_t *best_auc)
{
    struct rated *hidden = calloc((size_t)people, sizeof *hidden);
    enum status status = hidden == NULL ? STATUS_UNAVAILABLE : columns_add(table);
    for (int64_t i = 0; i < people && status == STATUS_OK; i++) {
        status = person_add(table, seed, (uint32_t)i, &hidden[i]);
        if ((i + 1) % SHOW_EVERY == 0 || i + 1 == people)
            report_status("people   %" PRId64 " of %" PRId64, i + 1, people);
    }
    report_status_end();
    if (status == STATUS_OK)
        *best_auc = (int32_t)lround(rated_auc(hidden, (size_t)people) * MILLIONTHS);
    free(hidden);
    snprintf(table->source, sizeof table->source, "population of %" PRId64, people);
    snprintf(table->outcome, sizeof table->outcome, "default within twelve months");
    return status;
}

/* Predictions ------------------------------------------------------------------------------ */

static int row_order(const void *a, const void *b, void *rows)
{
    size_t x = ((const size_t *)rows)[*(const size_t *)a];
    size_t y = ((const size_t *)rows)[*(const size_t *)b];
    return (x > y) - (x < y);
}

static void rows_write(const struct evaluation *evaluation, const size_t places[], FILE *file)
{
    static const char *const names[CANDIDATE_COUNT] = {"model", "scorecard", "without_emotions"};
    assert(evaluation->candidates <= CANDIDATE_COUNT);
    fprintf(file, "row,outcome");
    for (size_t c = 0; c < evaluation->candidates; c++)
        fprintf(file, ",%s", names[c]);
    fprintf(file, "\n");
    for (size_t i = 0; i < evaluation->count; i++) {
        size_t place = places[i];
        fprintf(file, "%zu,%d", evaluation->rows[place] + 1, evaluation->positives[place]);
        for (size_t c = 0; c < evaluation->candidates; c++)
            fprintf(file, ",%.6f", evaluation->probabilities[c][place]);
        fprintf(file, "\n");
    }
}

/* What models that did not see a row say of it, as CSV: a line for each row that was tested on, in
 * the order of the data; rows count from 1. */
static int predictions_write(const struct evaluation *evaluation, const char *path)
{
    size_t *places = calloc(evaluation->count, sizeof *places);
    FILE *file = places == NULL ? NULL : fopen(path, "we");
    bool written = file != NULL;
    for (size_t i = 0; written && i < evaluation->count; i++)
        places[i] = i;
    if (written) {
        qsort_r(places, evaluation->count, sizeof *places, row_order, evaluation->rows);
        rows_write(evaluation, places, file);
        written = ferror(file) == 0;
        written = fclose(file) == 0 && written;
    }
    if (!written)
        fprintf(stderr, "ecs train: cannot write %s: %s\n", path, strerror(errno));
    free(places);
    return written ? EX_OK : EX_CANTCREAT;
}

/* What is told ----------------------------------------------------------------------------- */

static void progress_show(void *context, size_t done, size_t total)
{
    char bar[BAR_WIDTH + 1] = "";
    (void)context;
    assert(done <= total && total > 0);
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', done * BAR_WIDTH / total);
    if (isatty(STDOUT_FILENO))
        report_status("train    [%s] %zu of %zu", bar, done, total);
    else
        report_status("train    %zu of %zu", done, total);
}

static const char *const candidate_names[CANDIDATE_COUNT] = {"model", "scorecard",
                                                             "without emotions"};

/* Six places are more than any of them is exact to. */
static void measures_report(struct buf *json, const struct interval measures[MEASURE_COUNT])
{
    for (size_t m = 0; m < MEASURE_COUNT; m++) {
        json_put_open(json, measure_name((enum measure)m), '{');
        report_rounded(json, "mean", measures[m].mean, PLACES);
        report_rounded(json, "low", measures[m].low, PLACES);
        report_rounded(json, "high", measures[m].high, PLACES);
        json_put_close(json, '}');
    }
}

/* What report_show() tells, as one JSON document. */
static void report_write(const struct training_report *report, const struct table *table,
                         const char *folder)
{
    const struct evaluation *evaluation = &report->evaluation;
    struct buf json;
    char hash[HASH_TEXT_SIZE];
    assert(evaluation->candidates <= CANDIDATE_COUNT);
    hash_format(&report->hash, hash);
    report_begin(&json);
    json_put_text(&json, "model", hash);
    json_put_text(&json, "folder", folder);
    json_put_integer(&json, "rows", (int64_t)table->row_count);
    json_put_integer(&json, "columns", (int64_t)table->column_count);
    json_put_integer(&json, "tests", (int64_t)evaluation->tests);
    json_put_open(&json, "measures", '{');
    for (size_t c = 0; c < evaluation->candidates; c++) {
        json_put_open(&json, candidate_names[c], '{');
        measures_report(&json, evaluation->measures[c]);
        json_put_close(&json, '}');
    }
    json_put_close(&json, '}');
    report_end(&json);
}

static void report_show(const struct training_report *report, const char *folder)
{
    const struct evaluation *evaluation = &report->evaluation;
    char hash[HASH_TEXT_SIZE];
    printf("\n%-17s", "");
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        printf(" %-24s", measure_name((enum measure)m));
    for (size_t c = 0; c < evaluation->candidates; c++) {
        printf("\n%-17s", candidate_names[c]);
        for (size_t m = 0; m < MEASURE_COUNT; m++) {
            const struct interval *interval = &evaluation->measures[c][m];
            printf(" %.4f (%.4f-%.4f)  ", interval->mean, interval->low, interval->high);
        }
    }
    hash_format(&report->hash, hash);
    printf("\n\nmean of %zu tests, with intervals of 95 %%\n", evaluation->tests);
    printf("model %s is in %s; card.md tells of it\n", hash, folder);
}

/* The command ------------------------------------------------------------------------------ */

/* "german_credit" of "data/german_credit.csv". */
static void name_of(const char *path, char name[MODEL_NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *file = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(file, '.');
    size_t size = dot == NULL || dot == file ? strlen(file) : (size_t)(dot - file);
    snprintf(name, MODEL_NAME_MAX + 1, "%.*s", (int)size, file);
}

static size_t repeats_for(const struct train_options *options, size_t rows)
{
    assert(rows > 0);
    size_t fitting = REPEATED_ROWS / rows;
    if (options->repeats > 0)
        return (size_t)options->repeats;
    return fitting > REPEATS ? REPEATS : fitting < 1 ? 1 : fitting;
}

/* How to do it again, for the card. */
static void command_write(const struct train_options *options, const struct table *table,
                          size_t repeats, struct buf *command)
{
    if (options->csv == NULL)
        buf_printf(command, "ecs train --from population --people %" PRId64, options->people);
    else
        buf_printf(command, "ecs train --csv %s --label %s --positive %s", table->source,
                   options->label, options->positive);
    if (options->csv != NULL && options->time != NULL)
        buf_printf(command, " --time %s", options->time);
    buf_printf(command, " --folds %" PRId64 " --repeats %zu --seed %" PRId64, options->folds,
               repeats, options->seed);
}

static int train(const struct train_options *options, const struct table *table,
                 const char *warnings)
{
    char name[MODEL_NAME_MAX + 1];
    char reason[REASON_MAX + 1];
    size_t repeats = repeats_for(options, table->row_count);
    struct training_report report;
    struct buf command;
    buf_init(&command, COMMAND_MAX);
    name_of(options->csv == NULL ? options->from : options->csv, name);
    command_write(options, table, repeats, &command);
    struct training_options training = {
        .evaluation = {.folds = (size_t)options->folds,
                       .repeats = repeats,
                       .seed = (uint64_t)options->seed,
                       .test_share = test_share_last,
                       .progress = progress_show},
        .folder = options->out,
        .name = name,
        .command = buf_slice(&command).data,
        .warnings = warnings,
    };
    enum status status = training_run(table, &training, &report, reason);
    report_status_end();
    buf_free(&command);
    if (status != STATUS_OK) {
        fprintf(stderr, "ecs train: %s\n", reason);
        return status == STATUS_INVALID ? EX_DATAERR : EX_CANTCREAT;
    }
    if (report_is_json())
        report_write(&report, table, options->out);
    else
        report_show(&report, options->out);
    int result = options->predictions == NULL
                     ? EX_OK
                     : predictions_write(&report.evaluation, options->predictions);
    training_report_free(&report);
    return result;
}

static int train_on_population(const struct train_options *options)
{
    struct table table;
    int32_t best_auc;
    int result = EX_OSERR;
    table_init(&table);
    if (population_draw(options->people, (uint64_t)options->seed, &table, &best_auc) == STATUS_OK) {
        report_line("%zu people, %zu features; who knew every hidden hazard would reach an AUC of "
                    "%.4f",
                    table.row_count, table.column_count, best_auc / 1e6);
        result = train(options, &table, "");
    }
    table_free(&table);
    return result;
}

static void warnings_show(const char *path, const struct buf *warnings)
{
    const char *line = warnings->size > 0 ? buf_slice(warnings).data : "";
    for (const char *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        fprintf(stderr, "ecs train: warning: %s: %.*s\n", path, (int)(end - line), line);
}

static int train_on_csv(const struct train_options *options)
{
    const struct csv_options csv = {options->label, options->positive, options->time};
    struct table table;
    struct buf warnings;
    char reason[REASON_MAX + 1];
    int result;
    table_init(&table);
    buf_init(&warnings, WARNINGS_MAX);
    enum status status = csv_read(options->csv, &csv, &table, &warnings, reason);
    warnings_show(options->csv, &warnings);
    if (status == STATUS_OK) {
        report_line("%zu rows, %zu columns", table.row_count, table.column_count);
        result = train(options, &table, buf_slice(&warnings).data);
    } else {
        fprintf(stderr, "ecs train: %s: %s\n", options->csv, reason);
        result = status == STATUS_INVALID ? EX_DATAERR : EX_NOINPUT;
    }
    buf_free(&warnings);
    table_free(&table);
    return result;
}

int command_train(int argc, char **argv)
{
    struct train_options options;
    if (!options_parse(argc, argv, &options))
        return EX_USAGE;
    return options.from != NULL ? train_on_population(&options) : train_on_csv(&options);
}
