/* SPDX-License-Identifier: Apache-2.0
 *
 * What the built-in model's trees say of people, and what each feature adds: worked out ahead, and
 * by XGBoost, in turn. usage: model ROUNDS
 *
 * Prints a line for each way of asking, NAME OURS XGBOOST: microseconds a row, medians of the
 * rounds. Fails if the answers differ by more than 1e-5.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "model/booster.h"
#include "model/forest.h"
#include "model/manifest.h"
#include "model/model.h"
#include "process/file.h"
#include "simulation/population.h"

enum { PEOPLE = 512, BATCH = 64 };
static const int64_t as_of_us = 1767268800 * SECOND_US; /* 2026-01-01T12:00:00Z */

static float rows[PEOPLE * FEATURE_COUNT];
static size_t width;
static struct forest *forest;
static struct booster *booster;

static int64_t steady_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return one < other ? -1 : one > other;
}

static bool model_open(void)
{
    char reason[REASON_MAX + 1];
    struct model *model;
    struct feature_columns columns = {0};
    const struct embedded_file *file = embedded_file_find("models/default/trees.ubj");
    struct slice trees = {file->data, file->size};
    bool fine = model_load(EMBEDDED_PREFIX "models/default", &model, reason) == STATUS_OK &&
                forest_build(trees, &forest) == STATUS_OK &&
                booster_load(trees, &booster, reason) == STATUS_OK;
    width = fine ? model_column_count(model) : 0;
    for (size_t i = 0; i < width; i++)
        fine &= feature_columns_add(&columns, &model_columns(model)[i], reason) == STATUS_OK;
    for (uint32_t i = 0; i < PEOPLE && fine; i++) {
        static struct person_tiles tiles;
        double row[FEATURE_COUNT];
        struct simulated_person person = population_person(1, i);
        population_tiles(&person, as_of_us, &tiles);
        struct features features = features_compute(&tiles, as_of_us);
        feature_columns_row(&columns, &features, row);
        for (size_t k = 0; k < width; k++)
            rows[i * width + k] = (float)row[k];
    }
    return fine;
}

/* Asks both about `count` people, others in every round. False: they do not agree. */
static bool measure(const char *name, size_t count, bool explained, size_t rounds)
{
    static float said[2][BATCH], added[2][BATCH * FEATURE_COUNT];
    double *took_us[2] = {calloc(rounds, sizeof(double)), calloc(rounds, sizeof(double))};
    bool fine = took_us[0] != NULL && took_us[1] != NULL;
    for (size_t i = 0; i < rounds && fine; i++) {
        const float *asked = rows + i * count % PEOPLE * width;
        int64_t start_ns = steady_ns();
        fine &= forest_ask(forest, asked, count, said[0], explained ? added[0] : NULL) == STATUS_OK;
        int64_t middle_ns = steady_ns();
        fine &=
            booster_ask(booster, asked, count, said[1], explained ? added[1] : NULL) == STATUS_OK;
        took_us[0][i] = (double)(middle_ns - start_ns) / 1e3 / (double)count;
        took_us[1][i] = (double)(steady_ns() - middle_ns) / 1e3 / (double)count;
        for (size_t k = 0; k < count; k++)
            fine &= fabs((double)said[0][k] - (double)said[1][k]) < 1e-5;
        for (size_t k = 0; k < count * width && explained; k++)
            fine &= fabs((double)added[0][k] - (double)added[1][k]) < 1e-5;
    }
    for (size_t i = 0; i < 2 && fine; i++)
        qsort(took_us[i], rounds, sizeof(double), by_size);
    if (fine)
        printf("%s %.2f %.2f\n", name, took_us[0][rounds / 2], took_us[1][rounds / 2]);
    free(took_us[0]);
    free(took_us[1]);
    return fine;
}

int main(int argc, char **argv)
{
    size_t rounds = argc == 2 ? strtoull(argv[1], NULL, 10) : 0;
    bool fine = rounds > 0 && model_open() && measure("risk_alone", 1, false, rounds) &&
                measure("risk_of_64", BATCH, false, rounds) &&
                measure("attributions_alone", 1, true, rounds) &&
                measure("attributions_of_64", BATCH, true, rounds);
    return fine ? 0 : 1;
}
