/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradient boosted trees, worked out ahead of all rows (docs/decisions/attributions.md): what each
 * tree says, and what each feature adds to that, is looked up.
 *
 * A tree parts the values of each of its features into a few ranges. All rows whose values are in
 * the same ranges, a cell, get the same answer from it. Where a tree has too many cells its table
 * is of pieces: of the leaves below a node, with the ranges that matter for them.
 *
 * It never changes once it is built: any number of threads may ask it.
 */
#ifndef ECS_MODEL_FOREST_H
#define ECS_MODEL_FOREST_H

#include "model/trees.h"

struct forest;

/* `trees`: as XGBoost saves them; they need not outlive the call. forest_free frees. INVALID: they
 * are malformed. TOO_LARGE: they are of another kind than one for a probability, deeper than
 * MODEL_TREE_DEPTH_MAX, or their tables are larger than MODEL_TABLES_MAX. UNAVAILABLE: memory is
 * out. */
MUST_CHECK enum status forest_build(struct slice trees, struct forest **forest);
/* NULL is allowed. */
void forest_free(struct forest *forest);
size_t forest_feature_count(const struct forest *forest);

/* Log-odds of `count` rows of features, row-major, NAN where one is missing, else finite. If
 * `additions` is not NULL, it gets what each feature adds, row by row as the features are: with
 * what the trees say on average, they add up to the log-odds. UNAVAILABLE: memory is out. */
MUST_CHECK enum status forest_ask(const struct forest *forest, const float rows[], size_t count,
                                  float log_odds[], float additions[]);

#endif
