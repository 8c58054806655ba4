/* SPDX-License-Identifier: Apache-2.0
 *
 * Gradient boosted trees for one probability, read one by one from the bytes in which XGBoost saves
 * them. The bytes may be anything: what is given out is whole, and no node stands in two places.
 */
#ifndef ECS_MODEL_TREES_H
#define ECS_MODEL_TREES_H

#include <stdint.h>

#include "limits.h"
#include "model/ubj.h"

struct tree_node {
    uint32_t left; /* a row goes left if its value is below the threshold; 0: this is a leaf */
    uint32_t right;
    uint32_t feature;
    bool missing_left; /* where a row without the value goes */
    float number;      /* the threshold, or what a leaf says in log-odds; finite */
    float cover;       /* weight of the training rows that came here; above 0 */
};

struct tree {
    struct tree_node
        *nodes; /* the first is the root; those that nothing leads to are to be ignored */
    size_t count;
};

struct trees {
    float margin; /* log-odds that all rows begin with */
    size_t feature_count;
    struct ubj_array rest;
    struct tree tree; /* the one that was read last */
};

/* The bytes outlive it; trees_close frees. INVALID: they are not in the form that XGBoost writes.
 * TOO_LARGE: they are, of another kind or deeper than is read here. */
MUST_CHECK enum status trees_open(struct slice bytes, struct trees *trees);
/* Reads the next tree. NOT_FOUND: there are no more. INVALID, TOO_LARGE as above; UNAVAILABLE:
 * memory is out. */
MUST_CHECK enum status trees_next(struct trees *trees);
void trees_close(struct trees *trees);

#endif
