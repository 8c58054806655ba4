/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a table -> one part of a model. All that has to be chosen is chosen by a cross-validation
 * within these rows: how many rounds of trees, how strong a ridge, how much trees and logistic
 * regression count beside each other, and the calibration. Rows that the model will be tested on
 * are never seen here. docs/training.md tells why these choices.
 */
#ifndef ECS_LEARNING_FIT_H
#define ECS_LEARNING_FIT_H

#include "base/buf.h"
#include "learning/features.h"
#include "model/part.h"

struct fit {
    struct part_numbers numbers; /* owned */
    struct buf trees;            /* owned */
    size_t rounds;               /* of boosting; one tree each */
    double penalty;              /* of the ridge, for each row */
};

/* The same rows and seed give the same fit. fit_free frees. INVALID: too few rows of one outcome
 * (FIT_OUTCOMES_MIN). INTERNAL: XGBoost fails. Not OK leaves nothing behind. */
enum { FIT_OUTCOMES_MIN = 10 };
MUST_CHECK enum status fit_part(const struct feature_matrix *features, const size_t rows[],
                                size_t count, uint64_t seed, struct fit *fit);
void fit_free(struct fit *fit);

#endif
