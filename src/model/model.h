/* SPDX-License-Identifier: Apache-2.0
 *
 * A trained model: a folder of manifest.json, the trees beside it, and a plain scorecard. `ecs
 * train` writes it (docs/training.md); this reads it, and answers how likely the outcome is that
 * the model was trained for, and why. Where its columns are features of domain/features.def, it is
 * asked about people.
 *
 * A model never changes once it is loaded, and any number of threads may ask it: a process has one
 * of each.
 */
#ifndef ECS_MODEL_MODEL_H
#define ECS_MODEL_MODEL_H

#include "base/hash.h"
#include "domain/features.h"
#include "model/column.h"

struct model;

/* Two sub-models when a column has the group "emotional"; else only the first. */
enum model_part { MODEL_FULL, MODEL_WITHOUT_EMOTIONS };

/* Reads a folder. The caller frees the model with model_free. Not OK, with the reason, one line:
 * NOT_FOUND a file is missing, INVALID one is altered, cut off or of another format,
 * UNAVAILABLE one cannot be read, or memory is out. */
MUST_CHECK enum status model_load(const char *folder, struct model **model,
                                  char reason[REASON_MAX + 1]);
/* NULL is allowed. */
void model_free(struct model *model);

/* The columns of a row, in order. They are the model's, until it is freed. */
size_t model_column_count(const struct model *model);
const struct model_column *model_columns(const struct model *model);
bool model_has_part(const struct model *model, enum model_part part);

const char *model_name(const struct model *model);
/* Of the manifest, which has the hashes of all other files: models that differ, differ in it. */
struct hash model_hash(const struct model *model);

/* Probabilities, 0 to 1, of `count` rows. `rows` is row-major with model_column_count values a
 * row; NAN is missing, and so is a category's value that is no index of a level. A part without
 * emotions does not look at their values. NOT_FOUND: there is no such part. UNAVAILABLE: memory is
 * out. INTERNAL: XGBoost failed, which only trees of more than MODEL_TABLES_MAX need. */
MUST_CHECK enum status model_predict(const struct model *model, enum model_part part,
                                     const double rows[], size_t count, double probabilities[]);

/* The same, and why: what each column adds to the log-odds, exactly attributed (Shapley values of
 * the trees, of the linear part weight times distance from the mean; the levels of a category
 * together). `contributions` has model_column_count values a row; of each row,
 * ln(p / (1 - p)) = base + the sum of contributions. Where the calibration is isotonic, the base
 * differs a little from row to row: it takes what the calibration's curve adds. */
MUST_CHECK enum status model_explain(const struct model *model, enum model_part part,
                                     const double rows[], size_t count, double probabilities[],
                                     double contributions[], double bases[]);

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
/* As model_load, of a model whose columns are features; the next two are for such a one. INVALID
 * too, with the reason, if a column is no feature, or its kind, group or direction is not the
 * feature's, or if there are emotional columns and no part that does without them. */
MUST_CHECK enum status model_load_features(const char *folder, struct model **model,
                                           char reason[REASON_MAX + 1]);
/* Risks, in millionths, of `count` people. A model that has no emotional columns says the same with
 * and without emotions. UNAVAILABLE: the model failed. */
MUST_CHECK enum status model_risks(const struct model *model, enum model_part part,
                                   const struct features features[], size_t count, int32_t risks[]);
/* What each feature adds to the log-odds of those risks, in millionths: 0 if the model does not
 * look at it. */
MUST_CHECK enum status model_weigh(const struct model *model, enum model_part part,
                                   const struct features features[], size_t count,
                                   int32_t weights[][FEATURE_COUNT]);

#endif
