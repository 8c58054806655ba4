/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of columns -> rows of features, which trees and the linear part work on. A numeric column is
 * one feature; a category is one feature a level, 1 for the level that is there and 0 for the
 * others. Missing stays missing (NAN) in every feature of its column.
 */
#ifndef ECS_MODEL_ENCODING_H
#define ECS_MODEL_ENCODING_H

#include "model/column.h"

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
