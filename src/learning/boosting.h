/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradient boosted trees by XGBoost, round by round. One thread; the same data, options and seed
 * give the same trees.
 */
#ifndef ECS_LEARNING_BOOSTING_H
#define ECS_LEARNING_BOOSTING_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

struct boosting_options {
    int depth;               /* of a tree */
    double rate;             /* what each tree may add of what it found */
    double row_share;        /* of the rows, that a tree sees */
    double feature_share;    /* of the features, that a tree sees */
    double child_weight_min; /* of a leaf: the sum of p (1 - p) over its rows */
    double ridge;            /* penalty of a leaf's squared value */
    double positive_weight;  /* what a positive row counts; a negative one counts 1 */
    uint64_t seed;
};

/* Encoded rows (model/column.h), row-major. */
struct boosting_rows {
    const float *features;
    const uint8_t *positives;
    size_t count;
    size_t width;
};

struct boosting;

/* Prepares trees for `train`; predictions will be asked for of `held_out`, which may have no rows.
 * Copies both. `directions`: one a feature, as of a column. boosting_close frees. INTERNAL: XGBoost
 * fails. */
MUST_CHECK enum status boosting_open(const struct boosting_rows *train,
                                     const struct boosting_rows *held_out,
                                     const int8_t directions[],
                                     const struct boosting_options *options,
                                     struct boosting **boosting);
void boosting_close(struct boosting *boosting);

MUST_CHECK enum status boosting_grow(struct boosting *boosting, size_t rounds);
/* Log-odds of the held-out rows by the first `rounds` rounds. */
MUST_CHECK enum status boosting_predict(struct boosting *boosting, size_t rounds,
                                        double log_odds[]);
/* Appends the trees in the form that a model's folder keeps. */
MUST_CHECK enum status boosting_save(struct boosting *boosting, struct buf *trees);

#endif
