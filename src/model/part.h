/* SPDX-License-Identifier: Apache-2.0
 *
 * One trained model, as numbers in memory: gradient boosted trees and a logistic part side by side,
 * their log-odds averaged and calibrated:
 *
 *   log-odds = calibration(tree_weight * trees + (1 - tree_weight) * linear)
 *
 * Attributions are exact for both: TreeSHAP for the trees, weight * (value - mean) for the rest.
 */
#ifndef ECS_MODEL_PART_H
#define ECS_MODEL_PART_H

#include "base/slice.h"
#include "model/calibration.h"
#include "model/linear.h"

struct part_numbers {
    double tree_weight; /* 0 to 1 */
    struct linear linear;
    struct calibration calibration;
};

struct part;

/* `uses` says for each column whether this part sees it. `trees` is a booster as XGBoost saves it,
 * and is trusted: a file's hash is checked before. Copies what it needs; part_close frees.
 * INVALID, with the reason: the trees do not fit the columns. */
MUST_CHECK enum status part_open(const struct model_column columns[], const bool uses[],
                                 size_t count, const struct part_numbers *numbers,
                                 struct slice trees, struct part **part,
                                 char reason[REASON_MAX + 1]);
void part_close(struct part *part);

/* Calibrated log-odds of `count` rows, row-major. One thread at a time. INTERNAL: XGBoost fails. */
MUST_CHECK enum status part_predict(struct part *part, const double rows[], size_t count,
                                    double log_odds[]);
/* The same of one row, with what each column adds to it: contributions, and base, add up to
 * *log_odds exactly. Columns that the part does not use contribute 0. */
MUST_CHECK enum status part_explain(struct part *part, const double row[], double *log_odds,
                                    double contributions[], double *base);

#endif
