/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of a table -> a scorecard (model/points.h), the way credit bureaus have long made them: each
 * column in a few bins, each bin by its weight of evidence, a logistic regression over those, and
 * its sum in whole points.
 */
#ifndef ECS_LEARNING_BASELINE_H
#define ECS_LEARNING_BASELINE_H

#include "learning/table.h"
#include "model/points.h"

/* points_free frees. Points follow the direction of a numeric column. INVALID: an outcome does not
 * occur. UNAVAILABLE: memory is out. Not OK leaves nothing behind. */
MUST_CHECK enum status baseline_fit(const struct table *table, const size_t rows[], size_t count,
                                    struct points *points);

#endif
