/* SPDX-License-Identifier: Apache-2.0
 *
 * A table as features (model/column.h), and what of it is needed to fit: directions, and the
 * standardised values that a logistic regression wants.
 */
#ifndef ECS_LEARNING_FEATURES_H
#define ECS_LEARNING_FEATURES_H

#include <stdint.h>

#include "learning/table.h"
#include "model/column.h"
#include "model/part.h"

struct feature_matrix {
    const struct table *table; /* must outlive this */
    bool *uses;                /* owned; one a column */
    struct encoding encoding;  /* owned */
    float *values;             /* owned; row-major, one row for each of the table's */
    int8_t *directions;        /* owned; one a feature; 0 behind them for each column */
};

/* With or without the columns of the group "emotional". INVALID: no column is left. UNAVAILABLE:
 * memory is out. Not OK leaves nothing behind. */
MUST_CHECK enum status features_init(struct feature_matrix *features, const struct table *table,
                                     bool with_emotions);
void features_free(struct feature_matrix *features);

/* Copies the features and outcomes of some rows; the caller's arrays have room for them. */
void features_gather(const struct feature_matrix *features, const size_t rows[], size_t count,
                     float values[], uint8_t positives[]);

/* Standardised values: mean 0 and deviation 1, cut at the 1st and 99th percentile, missing 0; then
 * for each column that misses values one that tells so. */
struct design {
    struct linear scale; /* means, lows, highs and missing rates of the rows it was made of */
    double *deviations;  /* owned; one a feature */
    size_t *missing;     /* owned; the columns that miss values */
    size_t missing_count;
    size_t width; /* features, and columns that miss values */
};

/* Measures these rows. Not OK leaves nothing behind. */
MUST_CHECK enum status design_init(struct design *design, const struct feature_matrix *features,
                                   const size_t rows[], size_t count);
void design_free(struct design *design);
/* `values`: count times width. */
void design_apply(const struct design *design, const struct feature_matrix *features,
                  const size_t rows[], size_t count, double values[]);
/* Weights of standardised values, and the intercept behind them, as those of plain values. The
 * caller frees with linear_free. */
MUST_CHECK enum status design_linear(const struct design *design, const double weights[],
                                     struct linear *linear);

#endif
