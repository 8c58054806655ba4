/* SPDX-License-Identifier: Apache-2.0 */
#include "model/part.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/booster.h"
#include "model/forest.h"
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

enum { ROWS_AT_ONCE = 256 };

/* Never changes once it is open. */
struct part {
    struct encoding encoding;
    struct part_numbers numbers;
    struct forest *forest;   /* the trees, worked out ahead; NULL: that would be too much */
    struct booster *booster; /* then XGBoost is asked */
};

static enum status part_take_trees(struct part *part, struct slice trees,
                                   char reason[REASON_MAX + 1])
{
    enum status status = forest_build(trees, &part->forest);
    if (status == STATUS_TOO_LARGE)
        status = booster_load(trees, &part->booster, reason);
    else if (status == STATUS_INVALID)
        return reason_tell(reason, status, "the trees are not in the form that XGBoost writes");
    if (status != STATUS_OK)
        return status;
    size_t features = part->forest != NULL ? forest_feature_count(part->forest)
                                           : booster_feature_count(part->booster);
    if (features == part->encoding.feature_count)
        return STATUS_OK;
    return reason_tell(reason, STATUS_INVALID, "the trees see %zu features, the columns have %zu",
                       features, part->encoding.feature_count);
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
    if (status == STATUS_OK)
        status = part_take_trees(part, trees, reason);
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
    forest_free(part->forest);
    booster_free(part->booster);
    linear_free(&part->numbers.linear);
    encoding_free(&part->encoding);
    free(part);
}

/* Of some rows at once, and what the trees say of them. */
struct answers {
    size_t width;
    float *features; /* row by row; owns the arrays below too */
    float *trees;    /* log-odds */
    float *added;    /* by each feature; NULL: nobody asks */
};

static bool answers_init(struct answers *answers, size_t width, size_t rows, bool explained)
{
    size_t wide = rows * width;
    answers->width = width;
    answers->features = malloc((wide + rows + (explained ? wide : 0)) * sizeof(float));
    answers->trees = answers->features + wide;
    answers->added = explained ? answers->trees + rows : NULL;
    return answers->features != NULL;
}

/* Encodes the rows, and asks the trees about them. */
static enum status trees_ask(const struct part *part, const double rows[], size_t count,
                             struct answers *answers)
{
    const struct encoding *encoding = &part->encoding;
    for (size_t i = 0; i < count; i++)
        encoding_apply(encoding, rows + i * encoding->column_count,
                       answers->features + i * answers->width);
    return part->forest != NULL
               ? forest_ask(part->forest, answers->features, count, answers->trees, answers->added)
               : booster_ask(part->booster, answers->features, count, answers->trees,
                             answers->added);
}

/* Calibrated, of row `i` of the answers. */
static double log_odds_of(const struct part *part, const struct answers *answers, size_t i)
{
    const struct part_numbers *numbers = &part->numbers;
    const float *features = answers->features + i * answers->width;
    double blend =
        numbers->tree_weight * (double)answers->trees[i] +
        (1 - numbers->tree_weight) * linear_log_odds(&numbers->linear, &part->encoding, features);
    return calibration_apply(&numbers->calibration, blend);
}

/* What each column adds to the log-odds of row `i` of the answers; returns what is left of them. */
static double contributions_of(const struct part *part, const struct answers *answers, size_t i,
                               double log_odds, double contributions[])
{
    const struct part_numbers *numbers = &part->numbers;
    const struct encoding *encoding = &part->encoding;
    const float *features = answers->features + i * answers->width;
    const float *added = answers->added + i * answers->width;
    double base = log_odds;
    memset(contributions, 0, encoding->column_count * sizeof *contributions);
    for (size_t k = 0; k < encoding->feature_count; k++)
        contributions[encoding->features[k].column] +=
            (1 - numbers->tree_weight) * feature_adds(&numbers->linear, encoding, features, k);
    for (size_t k = 0; k < encoding->feature_count; k++)
        contributions[encoding->features[k].column] += numbers->tree_weight * (double)added[k];
    /* Platt's slope stretches every contribution alike; what an isotonic calibration adds beyond
     * it is of the sum, and of no column. */
    for (size_t k = 0; k < encoding->column_count; k++) {
        contributions[k] *= numbers->calibration.slope;
        base -= contributions[k];
    }
    return base;
}

enum status part_explain(const struct part *part, const double rows[], size_t count,
                         double log_odds[], double contributions[], double bases[])
{
    struct answers answers;
    size_t columns = part->encoding.column_count;
    size_t most = count < ROWS_AT_ONCE ? count : ROWS_AT_ONCE;
    enum status status = STATUS_OK;
    if (!answers_init(&answers, part->encoding.feature_count, most, contributions != NULL))
        return STATUS_UNAVAILABLE;
    for (size_t done = 0, some; done < count && status == STATUS_OK; done += some) {
        some = count - done < most ? count - done : most;
        status = trees_ask(part, rows + done * columns, some, &answers);
        for (size_t i = 0; i < some && status == STATUS_OK; i++) {
            log_odds[done + i] = log_odds_of(part, &answers, i);
            if (contributions != NULL)
                bases[done + i] = contributions_of(part, &answers, i, log_odds[done + i],
                                                   contributions + (done + i) * columns);
        }
    }
    free(answers.features);
    return status;
}

enum status part_predict(const struct part *part, const double rows[], size_t count,
                         double log_odds[])
{
    return part_explain(part, rows, count, log_odds, NULL, NULL);
}
