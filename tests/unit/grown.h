/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees of any depth, grown by XGBoost on the synthetic population. `ecs train` grows 3 steps.
 */
#ifndef ECS_TESTS_UNIT_GROWN_H
#define ECS_TESTS_UNIT_GROWN_H

#include <stdlib.h>
#include <xgboost/c_api.h>

#include "base/buf.h"
#include "learning/features.h"
#include "synthetic.h"

enum { GROWN_FEATURES = SYNTHETIC_COLUMNS - 1 + JOBS };

/* As XGBoost saves them; the caller frees. They begin at other than even odds. */
static inline struct buf grown_trees(const struct table *table,
                                     const struct feature_matrix *features, int depth,
                                     const char *rate, int rounds)
{
    const char *const parameters[][2] = {
        {"objective", "binary:logistic"},
        {"tree_method", "hist"},
        {"nthread", "1"},
        {"base_score", "0.3"},
        {"subsample", "0.8"},
        {"min_child_weight", "0"},
        {"scale_pos_weight", "2"},
        {"eta", rate},
    };
    DMatrixHandle rows;
    BoosterHandle booster;
    bst_ulong size;
    const char *bytes;
    struct buf trees;
    char text[12];
    float *labels = calloc(table->row_count, sizeof *labels);
    assert_non_null(labels);
    assert_int_equal(features->encoding.feature_count, GROWN_FEATURES);
    for (size_t i = 0; i < table->row_count; i++)
        labels[i] = table->positives[i];
    assert_int_equal(
        XGDMatrixCreateFromMat(features->values, table->row_count, GROWN_FEATURES, NAN, &rows), 0);
    assert_int_equal(XGDMatrixSetFloatInfo(rows, "label", labels, table->row_count), 0);
    assert_int_equal(XGBoosterCreate(&rows, 1, &booster), 0);
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        assert_int_equal(XGBoosterSetParam(booster, parameters[i][0], parameters[i][1]), 0);
    snprintf(text, sizeof text, "%d", depth);
    assert_int_equal(XGBoosterSetParam(booster, "max_depth", text), 0);
    for (int i = 0; i < rounds; i++)
        assert_int_equal(XGBoosterUpdateOneIter(booster, i, rows), 0);
    assert_int_equal(XGBoosterSaveModelToBuffer(booster, "{\"format\":\"ubj\"}", &size, &bytes), 0);
    buf_init(&trees, 1 << 26);
    buf_append(&trees, bytes, size);
    assert_false(trees.overflowed);
    XGBoosterFree(booster);
    XGDMatrixFree(rows);
    free(labels);
    return trees;
}

#endif
