/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained model (model.h) whose columns are features of domain/features.def: asked about people;
 * and which feature each column is.
 *
 * A handle belongs to one thread at a time; any number of handles may read one folder.
 */
#ifndef ECS_MODEL_FEATURE_MODEL_H
#define ECS_MODEL_FEATURE_MODEL_H

#include "domain/features.h"
#include "model/column.h"
#include "model/model.h"

/* Which feature of domain/features.def each column of a model or a scorecard is: told by the
 * column's name, so columns come in any order, and need not be all features. */
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
void feature_columns_describe(enum feature feature, struct model_column *column);
/* INVALID, with the reason: the column's group or direction is not the feature's. `number` is the
 * column's, from 1. */
MUST_CHECK enum status feature_columns_check(enum feature feature,
                                             const struct model_column *column, size_t number,
                                             char reason[REASON_MAX + 1]);

struct feature_model;

/* As model_load. INVALID too, with the reason, if a column is no feature, or its kind, group or
 * direction is not the feature's, or if there are emotional columns and no part that does without
 * them. The caller frees with feature_model_free. */
MUST_CHECK enum status feature_model_load(const char *folder, struct feature_model **model,
                                          char reason[REASON_MAX + 1]);
/* NULL is allowed. */
void feature_model_free(struct feature_model *model);

const char *feature_model_name(const struct feature_model *model);
struct hash feature_model_hash(const struct feature_model *model);

/* Risks, in millionths, of `count` people. A model that has no emotional columns says the same with
 * and without emotions. UNAVAILABLE: XGBoost failed. */
MUST_CHECK enum status feature_model_risks(struct feature_model *model, enum model_part part,
                                           const struct features features[], size_t count,
                                           int32_t risks[]);
/* What each feature adds to the log-odds of that risk, in millionths: 0 if the model does not look
 * at it. */
MUST_CHECK enum status feature_model_weigh(struct feature_model *model, enum model_part part,
                                           const struct features *features,
                                           int32_t weights[FEATURE_COUNT]);

#endif
