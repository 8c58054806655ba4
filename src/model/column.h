/* SPDX-License-Identifier: Apache-2.0
 *
 * What a model knows of one column of its input, and the features that columns are encoded as.
 */
#ifndef ECS_MODEL_COLUMN_H
#define ECS_MODEL_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "limits.h"

enum model_kind {
    MODEL_NUMERIC,
    MODEL_CATEGORY, /* a value is the index of its level: 0, 1, ... */
};

struct model_column {
    char name[MODEL_COLUMN_NAME_MAX + 1];
    enum model_kind kind;
    char group[MODEL_GROUP_MAX + 1]; /* "financial", "emotional", or "" */
    int direction; /* +1: the probability never falls with the value, -1: never rises, 0: either */
    char **levels; /* owned, of a category; in the order of their indices */
    size_t level_count;
};

/* Copies a column with its levels. Not OK leaves nothing behind. */
MUST_CHECK enum status model_column_copy(const struct model_column *from, struct model_column *to);
/* Adds a level to a category. UNAVAILABLE: memory is out. */
MUST_CHECK enum status model_column_add_level(struct model_column *column, const char *name,
                                              size_t size);
void model_column_free(struct model_column *column);

#define MODEL_FINANCIAL "financial"
/* The name of a group whose columns a second model does without. */
#define MODEL_EMOTIONAL "emotional"
bool model_column_is_emotional(const struct model_column *column);

/* Rows of columns -> rows of features, which trees and the linear part work on. A numeric column is
 * one feature; a category is one feature a level, 1 for the level that is there and 0 for the
 * others. Missing stays missing (NAN) in every feature of its column. */
struct encoding {
    size_t column_count;
    size_t feature_count;
    struct encoded_feature {
        size_t column;
        size_t level; /* of a category; FEATURE_VALUE of a number */
    } * features;     /* owned; those of a column lie together, columns in order */
};

#define FEATURE_VALUE ((size_t)-1)

/* The features of those columns that are used; `uses` has one entry a column. The columns need not
 * outlive the call. INVALID: there is no feature, or more than MODEL_FEATURES_MAX. */
MUST_CHECK enum status encoding_init(struct encoding *encoding, const struct model_column columns[],
                                     const bool uses[], size_t count);
void encoding_free(struct encoding *encoding);

/* `row`: column_count values. A level that does not exist is missing. */
void encoding_apply(const struct encoding *encoding, const double row[], float features[]);

#endif
