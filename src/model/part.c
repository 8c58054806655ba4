/* SPDX-License-Identifier: Apache-2.0 */
#include "model/part.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "model/reason.h"

bool calibration_valid(const struct calibration *calibration)
{
    if (!isfinite(calibration->intercept) || !isfinite(calibration->slope) ||
        calibration->slope <= 0)
        return false;
    if (calibration->form == CALIBRATION_PLATT)
        return true;
    if (calibration->knot_count < 2 || calibration->knot_count > CALIBRATION_KNOTS_MAX)
        return false;
    for (size_t i = 0; i < calibration->knot_count; i++) {
        if (!isfinite(calibration->from[i]) || !isfinite(calibration->to[i]))
            return false;
        if (i > 0 && (calibration->from[i] <= calibration->from[i - 1] ||
                      calibration->to[i] <= calibration->to[i - 1]))
            return false;
    }
    return true;
}

double calibration_apply(const struct calibration *calibration, double log_odds)
{
    const double *from = calibration->from;
    const double *to = calibration->to;
    if (calibration->form == CALIBRATION_PLATT)
        return calibration->intercept + calibration->slope * log_odds;
    assert(calibration->knot_count >= 2 && calibration->knot_count <= CALIBRATION_KNOTS_MAX);
    size_t last = calibration->knot_count - 1;
    if (log_odds <= from[0])
        return to[0] + calibration->slope * (log_odds - from[0]);
    if (log_odds >= from[last])
        return to[last] + calibration->slope * (log_odds - from[last]);
    size_t low = 0, high = last;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (from[middle] <= log_odds)
            low = middle;
        else
            high = middle;
    }
    assert(high == low + 1);
    return to[low] + (to[high] - to[low]) * (log_odds - from[low]) / (from[high] - from[low]);
}

double calibration_probability(double log_odds)
{
    return 1 / (1 + exp(-log_odds));
}

double calibration_log_odds(double probability)
{
    static const double least = 1e-15;
    double clipped = fmin(fmax(probability, least), 1 - least);
    return log(clipped / (1 - clipped));
}

static size_t numbers(size_t features, size_t columns)
{
    return features * 4 + columns * 2;
}

enum status linear_init(struct linear *linear, size_t features, size_t columns)
{
    *linear = (struct linear){.feature_count = features, .column_count = columns};
    linear->weights = calloc(numbers(features, columns), sizeof *linear->weights);
    if (linear->weights == NULL)
        return STATUS_UNAVAILABLE;
    linear->means = linear->weights + features;
    linear->lows = linear->means + features;
    linear->highs = linear->lows + features;
    linear->missing_weights = linear->highs + features;
    linear->missing_rates = linear->missing_weights + columns;
    return STATUS_OK;
}

void linear_free(struct linear *linear)
{
    free(linear->weights);
    *linear = (struct linear){0};
}

enum status linear_copy(const struct linear *from, struct linear *to)
{
    enum status status = linear_init(to, from->feature_count, from->column_count);
    if (status != STATUS_OK)
        return status;
    to->intercept = from->intercept;
    memcpy(to->weights, from->weights,
           numbers(from->feature_count, from->column_count) * sizeof *to->weights);
    return STATUS_OK;
}

/* What feature `i` adds to the intercept; the first of a column also tells whether it is missing.
 */
static double feature_adds(const struct linear *linear, const struct encoding *encoding,
                           const float features[], size_t i)
{
    size_t column = encoding->features[i].column;
    assert(i < linear->feature_count && column < linear->column_count);
    bool missing = isnan(features[i]);
    double adds = 0;
    if (i == 0 || encoding->features[i - 1].column != column)
        adds =
            linear->missing_weights[column] * ((missing ? 1 : 0) - linear->missing_rates[column]);
    if (missing)
        return adds;
    double cut = fmin(fmax((double)features[i], linear->lows[i]), linear->highs[i]);
    return adds + linear->weights[i] * (cut - linear->means[i]);
}

double linear_log_odds(const struct linear *linear, const struct encoding *encoding,
                       const float features[])
{
    double sum = linear->intercept;
    for (size_t i = 0; i < encoding->feature_count; i++)
        sum += feature_adds(linear, encoding, features, i);
    return sum;
}

/* What XGBoost is asked for (its "type"). */
enum { MARGIN = 1, CONTRIBUTIONS = 2 };
enum { BATCH_ROWS = 1024 };

struct part {
    struct encoding encoding;
    struct part_numbers numbers;
    BoosterHandle booster;
    double *additions; /* one a column; explain's scratch */
    float *features;   /* BATCH_ROWS rows */
};

static enum status booster_open(struct part *part, struct slice trees, char reason[REASON_MAX + 1])
{
    bst_ulong features = 0;
    if (XGBoosterCreate(NULL, 0, &part->booster) != 0 ||
        XGBoosterSetParam(part->booster, "nthread", "1") != 0 ||
        XGBoosterLoadModelFromBuffer(part->booster, trees.data, trees.size) != 0 ||
        XGBoosterSetParam(part->booster, "nthread", "1") != 0 ||
        XGBoosterGetNumFeature(part->booster, &features) != 0)
        return reason_tell(reason, STATUS_INVALID, "the trees cannot be read: %.*s",
                           (int)strcspn(XGBGetLastError(), "\n"), XGBGetLastError());
    if (features == part->encoding.feature_count)
        return STATUS_OK;
    return reason_tell(reason, STATUS_INVALID, "the trees see %zu features, the columns have %zu",
                       (size_t)features, part->encoding.feature_count);
}

enum status part_open(const struct model_column columns[], const bool uses[], size_t count,
                      const struct part_numbers *numbers, struct slice trees, struct part **opened,
                      char reason[REASON_MAX + 1])
{
    struct part *part = calloc(1, sizeof *part);
    if (part == NULL)
        return STATUS_UNAVAILABLE;
    enum status status = encoding_init(&part->encoding, columns, uses, count);
    snprintf(reason, REASON_MAX + 1, "the columns make no features, or too many");
    if (status == STATUS_OK) {
        assert(numbers->tree_weight >= 0 && numbers->tree_weight <= 1);
        assert(numbers->linear.feature_count == part->encoding.feature_count);
        part->numbers.tree_weight = numbers->tree_weight;
        part->numbers.calibration = numbers->calibration;
        status = linear_copy(&numbers->linear, &part->numbers.linear);
    }
    if (status == STATUS_OK) {
        part->additions = calloc(count, sizeof *part->additions);
        part->features = calloc(part->encoding.feature_count * BATCH_ROWS, sizeof *part->features);
        if (part->additions == NULL || part->features == NULL)
            status = STATUS_UNAVAILABLE;
    }
    if (status == STATUS_OK)
        status = booster_open(part, trees, reason);
    if (status != STATUS_OK)
        part_close(part);
    else
        *opened = part;
    return status;
}

void part_close(struct part *part)
{
    if (part == NULL)
        return;
    if (part->booster != NULL)
        XGBoosterFree(part->booster);
    linear_free(&part->numbers.linear);
    encoding_free(&part->encoding);
    free(part->additions);
    free(part->features);
    free(part);
}

/* Asks the trees about the encoded rows; the result is XGBoost's until the next call. */
static enum status ask_trees(struct part *part, size_t count, int type, const float **result)
{
    char config[128];
    DMatrixHandle matrix;
    bst_ulong dimensions;
    const bst_ulong *shape;
    snprintf(config, sizeof config,
             "{\"type\":%d,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,"
             "\"strict_shape\":true}",
             type);
    if (XGDMatrixCreateFromMat(part->features, count, part->encoding.feature_count, NAN, &matrix) !=
        0)
        return STATUS_INTERNAL;
    int failed =
        XGBoosterPredictFromDMatrix(part->booster, matrix, config, &shape, &dimensions, result);
    XGDMatrixFree(matrix);
    return failed != 0 ? STATUS_INTERNAL : STATUS_OK;
}

/* Of an encoded row whose trees have spoken. */
static double blend(const struct part *part, const float features[], double trees)
{
    const struct part_numbers *numbers = &part->numbers;
    return numbers->tree_weight * trees +
           (1 - numbers->tree_weight) *
               linear_log_odds(&numbers->linear, &part->encoding, features);
}

enum status part_predict(struct part *part, const double rows[], size_t count, double log_odds[])
{
    size_t width = part->encoding.feature_count;
    for (size_t done = 0; done < count;) {
        size_t batch = count - done < BATCH_ROWS ? count - done : BATCH_ROWS;
        const float *trees;
        for (size_t i = 0; i < batch; i++)
            encoding_apply(&part->encoding, rows + (done + i) * part->encoding.column_count,
                           part->features + i * width);
        if (ask_trees(part, batch, MARGIN, &trees) != STATUS_OK)
            return STATUS_INTERNAL;
        for (size_t i = 0; i < batch; i++)
            log_odds[done + i] =
                calibration_apply(&part->numbers.calibration,
                                  blend(part, part->features + i * width, (double)trees[i]));
        done += batch;
    }
    return STATUS_OK;
}

enum status part_explain(struct part *part, const double row[], double *log_odds,
                         double contributions[], double *base)
{
    const struct part_numbers *numbers = &part->numbers;
    const struct encoding *encoding = &part->encoding;
    const float *trees;
    double *additions = part->additions;
    enum status status = part_predict(part, row, 1, log_odds); /* encodes the row too */
    if (status == STATUS_OK)
        status = ask_trees(part, 1, CONTRIBUTIONS, &trees);
    if (status != STATUS_OK)
        return status;
    memset(additions, 0, encoding->column_count * sizeof *additions);
    for (size_t i = 0; i < encoding->feature_count; i++)
        additions[encoding->features[i].column] +=
            (1 - numbers->tree_weight) *
            feature_adds(&numbers->linear, encoding, part->features, i);
    for (size_t i = 0; i < encoding->feature_count; i++)
        additions[encoding->features[i].column] += numbers->tree_weight * (double)trees[i];
    /* Platt's slope stretches every contribution alike; what an isotonic calibration adds beyond
     * it is of the sum, and of no column. */
    *base = *log_odds;
    for (size_t i = 0; i < encoding->column_count; i++) {
        contributions[i] = numbers->calibration.slope * additions[i];
        *base -= contributions[i];
    }
    return STATUS_OK;
}
