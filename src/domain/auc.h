/* SPDX-License-Identifier: Apache-2.0
 *
 * How well a score tells those who default from those who do not.
 */
#ifndef ECS_DOMAIN_AUC_H
#define ECS_DOMAIN_AUC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct auc_case {
    int64_t score;
    bool hit;
};

/* The area under the ROC curve, in millionths: how often a case that is a hit scores above one that
 * is none, ties counted as half (Mann and Whitney's U over the number of pairs). 500,000 if there
 * are no pairs. Sorts `cases` by score; up to 2^31 of them. */
int32_t auc_of(struct auc_case cases[], size_t count);

#endif
