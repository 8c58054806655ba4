/* SPDX-License-Identifier: Apache-2.0
 *
 * One trained model, as numbers in memory: gradient boosted trees and a logistic part side by side,
 * their log-odds averaged and calibrated:
 *
 *   log-odds = calibration(tree_weight * trees + (1 - tree_weight) * linear)
 *
 * Attributions are exact for both: Shapley values of the trees, weight * (value - mean) for the
 * rest.
 */
#ifndef ECS_MODEL_PART_H
#define ECS_MODEL_PART_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "limits.h"
#include "model/column.h"

/* From the log-odds that a model adds up to those of the probability it stands for. Both forms rise
 * strictly, so that calibration never changes who is riskier than whom. */
enum calibration_form {
    CALIBRATION_PLATT,    /* intercept + slope * log-odds */
    CALIBRATION_ISOTONIC, /* straight lines between knots, and beyond them on with the slope */
};

struct calibration {
    enum calibration_form form;
    double intercept;
    double slope; /* above 0 */
    size_t knot_count;
    double from[CALIBRATION_KNOTS_MAX]; /* rises strictly */
    double to[CALIBRATION_KNOTS_MAX];   /* rises strictly */
};

/* True if it rises strictly and all its numbers are finite. */
bool calibration_valid(const struct calibration *calibration);
double calibration_apply(const struct calibration *calibration, double log_odds);

/* 1 / (1 + e^-log_odds), and its inverse within what a double tells from 0 and 1. */
double calibration_probability(double log_odds);
double calibration_log_odds(double probability);

/* A logistic regression over encoded features. A feature that is missing counts as its mean; that
 * it is missing is a feature of its own, one a column. What a column adds to the log-odds is
 * weight * (value - mean), so that somebody average gets nothing but the intercept. */
struct linear {
    double intercept;
    size_t feature_count;
    double *weights; /* log-odds for one unit of the feature; owns the arrays below too */
    double *means;   /* of those that are there */
    double *lows;    /* features are cut to lows..highs */
    double *highs;
    size_t column_count;
    double *missing_weights; /* log-odds for a column that is missing */
    double *missing_rates;   /* how often it is: 0 to 1 */
};

/* All zero. UNAVAILABLE: memory is out, and nothing is left behind. */
MUST_CHECK enum status linear_init(struct linear *linear, size_t features, size_t columns);
void linear_free(struct linear *linear);
MUST_CHECK enum status linear_copy(const struct linear *from, struct linear *to);

/* Features may be NAN. */
double linear_log_odds(const struct linear *linear, const struct encoding *encoding,
                       const float features[]);

struct part_numbers {
    double tree_weight; /* 0 to 1 */
    struct linear linear;
    struct calibration calibration;
};

/* Any number of threads may ask it. */
struct part;

/* `uses` says for each column whether this part sees it. `trees` is a booster as XGBoost saves it.
 * They are worked out ahead (model/forest.h), and XGBoost is not needed; those that cannot be are
 * left to it, and trusted: a file's hash is checked before. Copies what it needs; part_close frees.
 * INVALID, with the reason: the trees are malformed, or do not fit the columns. */
MUST_CHECK enum status part_open(const struct model_column columns[], const bool uses[],
                                 size_t count, const struct part_numbers *numbers,
                                 struct slice trees, struct part **part,
                                 char reason[REASON_MAX + 1]);
void part_close(struct part *part);

/* Calibrated log-odds of `count` rows, row-major. INTERNAL: XGBoost fails. UNAVAILABLE: memory is
 * out. */
MUST_CHECK enum status part_predict(const struct part *part, const double rows[], size_t count,
                                    double log_odds[]);
/* The same with what each column adds, row by row: a row's contributions and its base add up to
 * its log-odds exactly. Columns that the part does not use contribute 0. */
MUST_CHECK enum status part_explain(const struct part *part, const double rows[], size_t count,
                                    double log_odds[], double contributions[], double bases[]);

#endif
