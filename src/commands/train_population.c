/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/train_population.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/simulate_show.h"
#include "domain/auc.h"
#include "model/feature_columns.h"
#include "simulation/population_outcome.h"
#include "simulation/population_tiles.h"

enum { SHOW_EVERY = 500 };
static const int64_t as_of_us = 1767268800 * SECOND_US; /* 2026-01-01T12:00:00Z */

static enum status columns_add(struct table *table)
{
    enum status status = STATUS_OK;
    for (int i = 0; i < FEATURE_COUNT && status == STATUS_OK; i++) {
        struct model_column column;
        feature_column_describe((enum feature)i, &column);
        status = table_add_column(table, &column);
    }
    return status;
}

static enum status person_add(struct table *table, uint64_t seed, uint32_t number,
                              struct auc_case *hidden)
{
    struct person_tiles tiles;
    double values[FEATURE_COUNT];
    struct simulated_person person = population_person(seed, number);
    population_tiles(&person, as_of_us, &tiles);
    struct features features = features_compute(&tiles, as_of_us);
    struct population_outcome outcome = population_outcome(&person, as_of_us / DAY_US);
    for (int i = 0; i < FEATURE_COUNT; i++)
        values[i] = (double)features.values[i];
    *hidden = (struct auc_case){outcome.probability, outcome.defaulted};
    return table_add_row(table, values, outcome.defaulted, as_of_us);
}

enum status train_population(int64_t people, uint64_t seed, struct table *table, int32_t *best_auc)
{
    struct auc_case *hidden = calloc((size_t)people, sizeof *hidden);
    enum status status = hidden == NULL ? STATUS_UNAVAILABLE : columns_add(table);
    for (int64_t i = 0; i < people && status == STATUS_OK; i++) {
        status = person_add(table, seed, (uint32_t)i, &hidden[i]);
        if ((i + 1) % SHOW_EVERY == 0 || i + 1 == people)
            show_status("people   %" PRId64 " of %" PRId64, i + 1, people);
    }
    show_end();
    if (status == STATUS_OK)
        *best_auc = auc_of(hidden, (size_t)people);
    free(hidden);
    snprintf(table->source, sizeof table->source, "population of %" PRId64, people);
    snprintf(table->outcome, sizeof table->outcome, "default within twelve months");
    return status;
}
