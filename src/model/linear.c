/* SPDX-License-Identifier: Apache-2.0 */
#include "model/linear.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

void linear_explain(const struct linear *linear, const struct encoding *encoding,
                    const float features[], double factor, double contributions[])
{
    for (size_t i = 0; i < encoding->feature_count; i++)
        contributions[encoding->features[i].column] +=
            factor * feature_adds(linear, encoding, features, i);
}
