/* SPDX-License-Identifier: Apache-2.0
 *
 * What each feature on the way to a leaf adds to what its tree says of a row, beside what the tree
 * says on average: Shapley values, where a feature that is not known sends a row both ways, each by
 * the weight of the training rows that went there (path-dependent TreeSHAP; Lundberg, Erion and
 * Lee, 2018). All that a leaf needs to know of the row is which of the steps to it the row takes:
 * so there are few answers, and they can be worked out ahead (Yang, Fast TreeSHAP v2, 2021).
 *
 * All is reckoned in singles, each operation in XGBoost's order: the sums come out the same to the
 * last bit, so that decisions whose reasons XGBoost told can be made again.
 */
#ifndef ECS_MODEL_SHAPLEY_H
#define ECS_MODEL_SHAPLEY_H

#include <stddef.h>

/* From a node to the one below it, on the way to a leaf. */
struct shapley_step {
    size_t place; /* of the feature that parts them, among the sums */
    float share;  /* of the rows of the node, those that go this way; above 0 */
};

/* Adds to `sums` what a leaf that says so much gives. `taken`: bit i is set if the row takes step
 * i; `count` is at most MODEL_TREE_DEPTH_MAX. */
void shapley_add(const struct shapley_step steps[], size_t count, unsigned taken, float says,
                 float sums[]);

#endif
