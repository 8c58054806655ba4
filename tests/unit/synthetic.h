/* SPDX-License-Identifier: Apache-2.0
 *
 * A made-up population: numbers, a category and missing values, of which some lead to the outcome
 * in known directions. The same on every run.
 */
#ifndef ECS_TESTS_UNIT_SYNTHETIC_H
#define ECS_TESTS_UNIT_SYNTHETIC_H

#include <math.h>
#include <stdio.h>

#include "learning/measures.h"
#include "learning/table.h"
#include "unit.h"

enum synthetic_column { INCOME, DEBT, AGE, JOB, MOOD, NOISE, SYNTHETIC_COLUMNS };
enum { JOBS = 4 };

static inline double synthetic_share(struct random *random)
{
    return (double)(splitmix_next(&random->state) >> 11) / 9007199254740992.0;
}

/* Roughly normal: the sum of twelve shares. */
static inline double synthetic_normal(struct random *random)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += synthetic_share(random);
    return sum;
}

static inline void synthetic_row(struct random *random, double row[SYNTHETIC_COLUMNS])
{
    row[INCOME] = 2000 * exp(0.5 * synthetic_normal(random));
    row[DEBT] = 3 * synthetic_share(random);
    row[AGE] = 18 + floor(60 * synthetic_share(random));
    row[JOB] = (double)random_below(random, JOBS);
    row[MOOD] = synthetic_normal(random);
    row[NOISE] = synthetic_normal(random);
    for (size_t i = 0; i < SYNTHETIC_COLUMNS; i++)
        if (i != NOISE && synthetic_share(random) < 0.08)
            row[i] = NAN;
}

/* The true log-odds: no model can know more. */
static inline double synthetic_truth(const double row[SYNTHETIC_COLUMNS])
{
    static const double jobs[JOBS] = {-0.8, 0, 0.3, 1};
    double z = -1;
    z += isnan(row[INCOME]) ? 0.4 : -1.2 * log(row[INCOME] / 2000);
    z += isnan(row[DEBT]) ? 0 : 0.8 * (row[DEBT] - 1.5);
    z += !isnan(row[AGE]) && row[AGE] < 26 ? 0.8 : 0;
    z += isnan(row[JOB]) ? 0 : jobs[(size_t)row[JOB]];
    z += isnan(row[MOOD]) ? 0 : -0.7 * row[MOOD];
    return z;
}

/* `emotional`: the mood is of that group. `timed`: rows are a minute apart. */
static inline void synthetic_table(struct table *table, size_t rows, uint64_t seed, bool emotional,
                                   bool timed)
{
    static const char *const names[] = {"income", "debt", "age", "job", "mood", "noise"};
    static const char *const jobs[] = {"boss", "clerk", "worker", "none"};
    struct random random = {seed};
    double row[SYNTHETIC_COLUMNS];
    table_init(table);
    for (size_t i = 0; i < SYNTHETIC_COLUMNS; i++) {
        struct model_column column = {.direction = i == DEBT ? 1 : i == INCOME ? -1 : 0};
        snprintf(column.name, sizeof column.name, "%s", names[i]);
        snprintf(column.group, sizeof column.group, "%s",
                 i == MOOD && emotional ? MODEL_EMOTIONAL : "financial");
        if (i == JOB)
            column.kind = MODEL_CATEGORY;
        for (size_t k = 0; i == JOB && k < JOBS; k++)
            assert_int_equal(model_column_add_level(&column, jobs[k], strlen(jobs[k])), STATUS_OK);
        assert_int_equal(table_add_column(table, &column), STATUS_OK);
        model_column_free(&column);
    }
    for (size_t i = 0; i < rows; i++) {
        synthetic_row(&random, row);
        assert_int_equal(
            table_add_row(table, row,
                          synthetic_share(&random) < 1 / (1 + exp(-synthetic_truth(row))),
                          (int64_t)i * MINUTE_US),
            STATUS_OK);
    }
    table->timed = timed;
    snprintf(table->source, sizeof table->source, "synthetic");
    snprintf(table->outcome, sizeof table->outcome, "default");
}

#endif
