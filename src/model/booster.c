/* SPDX-License-Identifier: Apache-2.0 */
#include "model/booster.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <xgboost/c_api.h>

#include "model/reason.h"

/* What XGBoost is asked for (its "type"). */
enum { MARGIN = 1, CONTRIBUTIONS = 2 };

struct booster {
    pthread_mutex_t lock; /* held while its answers, which are XGBoost's, are asked for and read */
    BoosterHandle handle;
    bst_ulong feature_count;
};

enum status booster_load(struct slice trees, struct booster **loaded, char reason[REASON_MAX + 1])
{
    struct booster *booster = calloc(1, sizeof *booster);
    if (booster == NULL)
        return STATUS_UNAVAILABLE;
    pthread_mutex_init(&booster->lock, NULL);
    if (XGBoosterCreate(NULL, 0, &booster->handle) == 0 &&
        XGBoosterSetParam(booster->handle, "nthread", "1") == 0 &&
        XGBoosterLoadModelFromBuffer(booster->handle, trees.data, trees.size) == 0 &&
        XGBoosterSetParam(booster->handle, "nthread", "1") == 0 &&
        XGBoosterGetNumFeature(booster->handle, &booster->feature_count) == 0) {
        *loaded = booster;
        return STATUS_OK;
    }
    booster_free(booster);
    return reason_tell(reason, STATUS_INVALID, "the trees cannot be read: %.*s",
                       (int)strcspn(XGBGetLastError(), "\n"), XGBGetLastError());
}

void booster_free(struct booster *booster)
{
    if (booster == NULL)
        return;
    if (booster->handle != NULL)
        XGBoosterFree(booster->handle);
    pthread_mutex_destroy(&booster->lock);
    free(booster);
}

size_t booster_feature_count(const struct booster *booster)
{
    return booster->feature_count;
}

/* The answer is XGBoost's until the next call. */
static enum status ask(struct booster *booster, DMatrixHandle matrix, int type,
                       const float **answer)
{
    char config[128];
    bst_ulong dimensions;
    const bst_ulong *shape;
    snprintf(config, sizeof config,
             "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
             "\"strict_shape\":true}",
             type);
    return XGBoosterPredictFromDMatrix(booster->handle, matrix, config, &shape, &dimensions,
                                       answer) == 0
               ? STATUS_OK
               : STATUS_INTERNAL;
}

static enum status ask_both(struct booster *booster, DMatrixHandle matrix, size_t count,
                            float log_odds[], float additions[])
{
    const float *answer;
    size_t width = booster->feature_count;
    enum status status = ask(booster, matrix, MARGIN, &answer);
    if (status != STATUS_OK)
        return status;
    memcpy(log_odds, answer, count * sizeof *answer);
    if (additions == NULL)
        return STATUS_OK;
    status = ask(booster, matrix, CONTRIBUTIONS, &answer);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) /* behind each row is the average */
        memcpy(additions + i * width, answer + i * (width + 1), width * sizeof *answer);
    return status;
}

enum status booster_ask(struct booster *booster, const float rows[], size_t count, float log_odds[],
                        float additions[])
{
    DMatrixHandle matrix;
    if (XGDMatrixCreateFromMat(rows, count, booster->feature_count, NAN, &matrix) != 0)
        return STATUS_INTERNAL;
    pthread_mutex_lock(&booster->lock);
    enum status status = ask_both(booster, matrix, count, log_odds, additions);
    pthread_mutex_unlock(&booster->lock);
    XGDMatrixFree(matrix);
    return status;
}
