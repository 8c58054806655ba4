/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/features.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "learning/measures.h"

static const double cut_share = 0.01;

enum status features_init(struct feature_matrix *features, const struct table *table,
                          bool with_emotions)
{
    *features = (struct feature_matrix){.table = table};
    features->uses = calloc(table->column_count, sizeof *features->uses);
    if (features->uses == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < table->column_count; i++)
        features->uses[i] = with_emotions || !model_column_is_emotional(&table->columns[i]);
    enum status status =
        encoding_init(&features->encoding, table->columns, features->uses, table->column_count);
    size_t width = features->encoding.feature_count;
    if (status == STATUS_OK) {
        features->values = calloc(table->row_count * width, sizeof *features->values);
        features->directions = calloc(width + table->column_count, sizeof *features->directions);
        if (features->values == NULL || features->directions == NULL)
            status = STATUS_UNAVAILABLE;
    }
    if (status != STATUS_OK) {
        features_free(features);
        return status;
    }
    for (size_t row = 0; row < table->row_count; row++)
        encoding_apply(&features->encoding, table_row(table, row), features->values + row * width);
    for (size_t i = 0; i < width; i++)
        if (features->encoding.features[i].level == FEATURE_VALUE)
            features->directions[i] =
                (int8_t)table->columns[features->encoding.features[i].column].direction;
    return STATUS_OK;
}

void features_free(struct feature_matrix *features)
{
    encoding_free(&features->encoding);
    free(features->uses);
    free(features->values);
    free(features->directions);
    *features = (struct feature_matrix){0};
}

void features_gather(const struct feature_matrix *features, const size_t rows[], size_t count,
                     float values[], uint8_t positives[])
{
    size_t width = features->encoding.feature_count;
    for (size_t i = 0; i < count; i++) {
        memcpy(values + i * width, features->values + rows[i] * width, width * sizeof *values);
        positives[i] = features->table->positives[rows[i]];
    }
}

/* Mean, deviation and cuts of one feature; `scratch` has room for all rows. */
static void feature_measure(struct design *design, const struct feature_matrix *features,
                            const size_t rows[], size_t count, size_t feature, double scratch[])
{
    struct linear *scale = &design->scale;
    size_t width = features->encoding.feature_count;
    size_t present = 0;
    double sum = 0;
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        double value = (double)features->values[rows[i] * width + feature];
        if (!isnan(value))
            scratch[present++] = value;
    }
    design->deviations[feature] = 1;
    if (present == 0)
        return;
    qsort(scratch, present, sizeof *scratch, measure_order);
    bool cut = features->encoding.features[feature].level == FEATURE_VALUE;
    size_t margin = cut ? (size_t)((double)present * cut_share) : 0;
    scale->lows[feature] = scratch[margin];
    scale->highs[feature] = scratch[present - 1 - margin];
    assert(2 * margin < present && scale->lows[feature] <= scale->highs[feature]);
    /* A column that is nearly always the same keeps its rare values. */
    if (scale->lows[feature] == scale->highs[feature]) {
        scale->lows[feature] = scratch[0];
        scale->highs[feature] = scratch[present - 1];
    }
    for (size_t i = 0; i < present; i++)
        sum += fmin(fmax(scratch[i], scale->lows[feature]), scale->highs[feature]);
    double mean = sum / (double)present;
    for (size_t i = 0; i < present; i++) {
        double value = fmin(fmax(scratch[i], scale->lows[feature]), scale->highs[feature]);
        squares += (value - mean) * (value - mean);
    }
    scale->means[feature] = mean;
    if (squares > 0)
        design->deviations[feature] = sqrt(squares / (double)present);
}

static void missing_measure(struct design *design, const struct feature_matrix *features,
                            const size_t rows[], size_t count)
{
    const struct encoding *encoding = &features->encoding;
    for (size_t i = 0; i < encoding->feature_count; i++) {
        size_t column = encoding->features[i].column;
        size_t missing = 0;
        if (i > 0 && encoding->features[i - 1].column == column)
            continue;
        for (size_t k = 0; k < count; k++)
            missing += isnan(features->values[rows[k] * encoding->feature_count + i]);
        design->scale.missing_rates[column] = (double)missing / (double)count;
        if (missing > 0 && missing < count)
            design->missing[design->missing_count++] = column;
    }
}

enum status design_init(struct design *design, const struct feature_matrix *features,
                        const size_t rows[], size_t count)
{
    const struct encoding *encoding = &features->encoding;
    *design = (struct design){0};
    double *scratch = calloc(count, sizeof *scratch);
    enum status status =
        linear_init(&design->scale, encoding->feature_count, encoding->column_count);
    design->deviations = calloc(encoding->feature_count, sizeof *design->deviations);
    design->missing = calloc(encoding->column_count, sizeof *design->missing);
    if (status != STATUS_OK || scratch == NULL || design->deviations == NULL ||
        design->missing == NULL) {
        free(scratch);
        design_free(design);
        return STATUS_UNAVAILABLE;
    }
    for (size_t i = 0; i < encoding->feature_count; i++)
        feature_measure(design, features, rows, count, i, scratch);
    missing_measure(design, features, rows, count);
    assert(design->missing_count <= encoding->column_count);
    design->width = encoding->feature_count + design->missing_count;
    free(scratch);
    return STATUS_OK;
}

void design_free(struct design *design)
{
    linear_free(&design->scale);
    free(design->deviations);
    free(design->missing);
    *design = (struct design){0};
}

/* The deviation of a column that tells whether another is missing. */
static double missing_deviation(const struct design *design, size_t column)
{
    double rate = design->scale.missing_rates[column];
    assert(rate > 0 && rate < 1); /* or no column tells it */
    return sqrt(rate * (1 - rate));
}

void design_apply(const struct design *design, const struct feature_matrix *features,
                  const size_t rows[], size_t count, double values[])
{
    const struct linear *scale = &design->scale;
    size_t width = features->encoding.feature_count;
    for (size_t row = 0; row < count; row++) {
        const float *from = features->values + rows[row] * width;
        double *to = values + row * design->width;
        for (size_t i = 0; i < width; i++) {
            double cut = fmin(fmax((double)from[i], scale->lows[i]), scale->highs[i]);
            to[i] = isnan(from[i]) ? 0 : (cut - scale->means[i]) / design->deviations[i];
        }
        const double *plain = table_row(features->table, rows[row]);
        for (size_t i = 0; i < design->missing_count; i++) {
            size_t column = design->missing[i];
            to[width + i] = ((isnan(plain[column]) ? 1 : 0) - scale->missing_rates[column]) /
                            missing_deviation(design, column);
        }
    }
}

enum status design_linear(const struct design *design, const double weights[],
                          struct linear *linear)
{
    enum status status = linear_copy(&design->scale, linear);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < linear->feature_count; i++)
        linear->weights[i] = weights[i] / design->deviations[i];
    for (size_t i = 0; i < design->missing_count; i++)
        linear->missing_weights[design->missing[i]] =
            weights[linear->feature_count + i] / missing_deviation(design, design->missing[i]);
    linear->intercept = weights[design->width];
    return STATUS_OK;
}
