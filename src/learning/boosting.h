/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradient boosted trees by XGBoost, round by round. One thread; the same data and seed give the
 * same trees.
 */
#ifndef ECS_LEARNING_BOOSTING_H
#define ECS_LEARNING_BOOSTING_H

#include <stdint.h>

#include "base/buf.h"
#include "base/status.h"

/* Encoded rows (model/column.h), row-major. */
struct boosting_rows {
    const float *features;
    const uint8_t *positives;
    size_t count;
    size_t width;
};

struct boosting;

/* Prepares trees for `train`; predictions will be asked for of `held_out`, which may have no rows.
 * Copies both. `directions`: one a feature, as of a column. A positive row counts
 * `positive_weight`, a negative one 1. boosting_close frees. INTERNAL: XGBoost fails. */
MUST_CHECK enum status boosting_open(const struct boosting_rows *train,
                                     const struct boosting_rows *held_out,
                                     const int8_t directions[], double positive_weight,
                                     uint64_t seed, struct boosting **boosting);
void boosting_close(struct boosting *boosting);

MUST_CHECK enum status boosting_grow(struct boosting *boosting, size_t rounds);
/* Log-odds of the held-out rows by the first `rounds` rounds. */
MUST_CHECK enum status boosting_predict(struct boosting *boosting, size_t rounds,
                                        double log_odds[]);
/* Appends the trees in the form that a model's folder keeps. */
MUST_CHECK enum status boosting_save(struct boosting *boosting, struct buf *trees);

#endif
