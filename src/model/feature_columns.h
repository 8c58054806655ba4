/* SPDX-License-Identifier: Apache-2.0
 *
 * Which feature of domain/features.def each column of a model or a scorecard is: told by the
 * column's name, so columns come in any order, and need not be all features.
 */
#ifndef ECS_MODEL_FEATURE_COLUMNS_H
#define ECS_MODEL_FEATURE_COLUMNS_H

#include "domain/features.h"
#include "model/column.h"

struct feature_columns {
    size_t count;
    enum feature features[FEATURE_COUNT]; /* of each column */
};

/* INVALID, with the reason: a column is named like no feature, or like the one of another column,
 * or is no number. */
MUST_CHECK enum status feature_columns_add(struct feature_columns *columns,
                                           const struct model_column *column,
                                           char reason[REASON_MAX + 1]);
/* A row of values as the columns have them. */
void feature_columns_row(const struct feature_columns *columns, const struct features *features,
                         double row[]);

/* Makes a column what features.def tells of the feature: its name, group, direction and kind. */
void feature_column_describe(enum feature feature, struct model_column *column);
/* INVALID, with the reason: the column's group or direction is not the feature's. `number` is the
 * column's, from 1. */
MUST_CHECK enum status feature_column_check(enum feature feature, const struct model_column *column,
                                            size_t number, char reason[REASON_MAX + 1]);

#endif
