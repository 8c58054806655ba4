/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/boosting.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

struct boosting {
    BoosterHandle booster;
    DMatrixHandle matrices[2]; /* to train on, held out; the latter may be NULL */
    size_t held_out;
    size_t rounds;
};

/* docs/training.md tells why. */
static const char *const parameters[][2] = {
    {"objective", "binary:logistic"},
    {"tree_method", "hist"},
    {"nthread", "1"},
    {"max_depth", "3"},
    {"eta", "0.05"},             /* what each tree may add of what it found */
    {"subsample", "0.7"},        /* of the rows, that a tree sees */
    {"colsample_bytree", "0.7"}, /* of the features, that a tree sees */
    {"min_child_weight", "5"},   /* of a leaf: the sum of p (1 - p) over its rows */
    {"lambda", "5"},             /* penalty of a leaf's squared value */
};

static bool matrix_open(const struct boosting_rows *rows, DMatrixHandle *matrix)
{
    bool fine = XGDMatrixCreateFromMat(rows->features, rows->count, rows->width, NAN, matrix) == 0;
    float *labels = calloc(rows->count, sizeof *labels);
    for (size_t i = 0; labels != NULL && i < rows->count; i++)
        labels[i] = rows->positives[i];
    fine =
        fine && labels != NULL && XGDMatrixSetFloatInfo(*matrix, "label", labels, rows->count) == 0;
    free(labels);
    return fine;
}

static bool number_set(struct boosting *boosting, const char *name, double value)
{
    char text[32];
    snprintf(text, sizeof text, "%.9g", value);
    return XGBoosterSetParam(boosting->booster, name, text) == 0;
}

static bool directions_set(struct boosting *boosting, const int8_t directions[], size_t width)
{
    struct buf text;
    buf_init(&text, width * 4 + 4);
    buf_text(&text, "(");
    for (size_t i = 0; i < width; i++)
        buf_printf(&text, "%s%d", i > 0 ? "," : "", directions[i]);
    buf_text(&text, ")");
    bool fine = !text.overflowed &&
                XGBoosterSetParam(boosting->booster, "monotone_constraints", text.data) == 0;
    buf_free(&text);
    return fine;
}

/* Trees begin at the share of positives, not at one half: fewer of them are needed. */
static double start(const struct boosting_rows *train, double positive_weight)
{
    double positives = 0;
    for (size_t i = 0; i < train->count; i++)
        positives += train->positives[i];
    double negatives = (double)train->count - positives;
    return positives * positive_weight / (positives * positive_weight + negatives);
}

static bool parameters_set(struct boosting *boosting, const struct boosting_rows *train,
                           const int8_t directions[], double positive_weight, uint64_t seed)
{
    char text[24];
    bool fine = true;
    for (size_t i = 0; i < sizeof parameters / sizeof parameters[0]; i++)
        fine &= XGBoosterSetParam(boosting->booster, parameters[i][0], parameters[i][1]) == 0;
    /* XGBoost keeps 31 bits of it. */
    snprintf(text, sizeof text, "%" PRIu64, seed & 0x7FFFFFFF);
    return fine && XGBoosterSetParam(boosting->booster, "seed", text) == 0 &&
           number_set(boosting, "scale_pos_weight", positive_weight) &&
           number_set(boosting, "base_score", start(train, positive_weight)) &&
           directions_set(boosting, directions, train->width);
}

enum status boosting_open(const struct boosting_rows *train, const struct boosting_rows *held_out,
                          const int8_t directions[], double positive_weight, uint64_t seed,
                          struct boosting **opened)
{
    struct boosting *boosting = calloc(1, sizeof *boosting);
    if (boosting == NULL)
        return STATUS_UNAVAILABLE;
    boosting->held_out = held_out->count;
    /* The booster is told of both, and so keeps their predictions from round to round. */
    if (!matrix_open(train, &boosting->matrices[0]) ||
        (held_out->count > 0 && !matrix_open(held_out, &boosting->matrices[1])) ||
        XGBoosterCreate(boosting->matrices, held_out->count > 0 ? 2 : 1, &boosting->booster) != 0 ||
        !parameters_set(boosting, train, directions, positive_weight, seed)) {
        boosting_close(boosting);
        return STATUS_INTERNAL;
    }
    *opened = boosting;
    return STATUS_OK;
}

void boosting_close(struct boosting *boosting)
{
    if (boosting == NULL)
        return;
    if (boosting->booster != NULL)
        XGBoosterFree(boosting->booster);
    for (size_t i = 0; i < 2; i++)
        if (boosting->matrices[i] != NULL)
            XGDMatrixFree(boosting->matrices[i]);
    free(boosting);
}

enum status boosting_grow(struct boosting *boosting, size_t rounds)
{
    for (size_t i = 0; i < rounds; i++)
        if (XGBoosterUpdateOneIter(boosting->booster, (int)boosting->rounds++,
                                   boosting->matrices[0]) != 0)
            return STATUS_INTERNAL;
    return STATUS_OK;
}

enum status boosting_predict(struct boosting *boosting, size_t rounds, double log_odds[])
{
    assert(boosting->held_out > 0 && rounds > 0 && rounds <= boosting->rounds);
    char config[128];
    const bst_ulong *shape;
    bst_ulong dimensions;
    const float *result;
    /* 0 asks for all rounds, which is answered from what is kept. */
    snprintf(config, sizeof config,
             "{\"type\":1,\"training\":false,\"iteration_begin\":0,\"iteration_end\":%zu,"
             "\"strict_shape\":true}",
             rounds == boosting->rounds ? 0 : rounds);
    if (XGBoosterPredictFromDMatrix(boosting->booster, boosting->matrices[1], config, &shape,
                                    &dimensions, &result) != 0)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < boosting->held_out; i++)
        log_odds[i] = (double)result[i];
    return STATUS_OK;
}

enum status boosting_save(struct boosting *boosting, struct buf *trees)
{
    bst_ulong size;
    const char *bytes;
    if (XGBoosterSaveModelToBuffer(boosting->booster, "{\"format\":\"ubj\"}", &size, &bytes) != 0)
        return STATUS_INTERNAL;
    buf_append(trees, bytes, size);
    return trees->overflowed ? STATUS_TOO_LARGE : STATUS_OK;
}
