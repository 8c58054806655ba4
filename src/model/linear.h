/* SPDX-License-Identifier: Apache-2.0
 *
 * A logistic regression over encoded features. A feature that is missing counts as its mean; that
 * it is missing is a feature of its own, one a column. What a column adds to the log-odds is
 * weight * (value - mean), so that somebody average gets nothing but the intercept.
 */
#ifndef ECS_MODEL_LINEAR_H
#define ECS_MODEL_LINEAR_H

#include "model/encoding.h"

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
/* What each column adds to the intercept, times `factor`, added to contributions[column]. */
void linear_explain(const struct linear *linear, const struct encoding *encoding,
                    const float features[], double factor, double contributions[]);

#endif
