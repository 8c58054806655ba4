/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/fit.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "learning/boosting.h"
#include "learning/calibrate.h"
#include "learning/logistic.h"
#include "learning/measures.h"
#include "learning/table.h"

enum { FOLDS = 5, ROUNDS_MAX = 400, ROUNDS_STEP = 5, PATIENCE_STEPS = 10 };
/* Strong to weak: each fit begins where the one before ended. */
static const double penalties[] = {1, 0.4, 0.15, 0.05, 0.015, 0.005, 0.001};
enum { PENALTIES = sizeof penalties / sizeof penalties[0] };
static const double tree_weights[] = {0.5, 0.25, 0.75, 0, 1};
enum { TREE_WEIGHTS = sizeof tree_weights / sizeof tree_weights[0] };

/* The inner cross-validation: predictions for each row by models that did not see it. */
struct inner {
    const struct feature_matrix *features;
    const size_t *rows;
    size_t count;
    uint64_t seed;
    double positive_weight;
    uint8_t *folds;     /* of each row */
    uint8_t *positives; /* in the order of `rows` */
    double *by_trees;   /* log-odds, in the order of `rows`; the next two lie behind it */
    double *by_linear;  /* the same, for each penalty */
    double *scratch;
    struct boosting *boosting[FOLDS];
};

/* Mean log loss, with outcomes weighted as in the fits. */
static double loss_of(const struct inner *inner, const double log_odds[])
{
    double loss = 0;
    for (size_t i = 0; i < inner->count; i++) {
        double value = measure_log_loss(log_odds[i], inner->positives[i]);
        loss += inner->positives[i] ? inner->positive_weight * value : value;
    }
    return loss / (double)inner->count;
}

static void inner_free(struct inner *inner)
{
    for (size_t i = 0; i < FOLDS; i++)
        boosting_close(inner->boosting[i]);
    free(inner->folds);
    free(inner->positives);
    free(inner->by_trees);
}

static enum status inner_init(struct inner *inner)
{
    size_t count = inner->count;
    inner->folds = calloc(count, sizeof *inner->folds);
    inner->positives = calloc(count, sizeof *inner->positives);
    inner->by_trees = calloc(count * (1 + PENALTIES + 1), sizeof *inner->by_trees);
    if (inner->folds == NULL || inner->positives == NULL || inner->by_trees == NULL)
        return STATUS_UNAVAILABLE;
    inner->by_linear = inner->by_trees + count;
    inner->scratch = inner->by_linear + count * PENALTIES;
    for (size_t i = 0; i < count; i++)
        inner->positives[i] = inner->features->table->positives[inner->rows[i]];
    return table_split_folds(inner->features->table, inner->rows, count, FOLDS, inner->seed,
                             inner->folds);
}

/* Prepares trees that are trained on some rows and predict others. */
static enum status trees_open(const struct inner *inner, const size_t rows[], size_t count,
                              const size_t held_out[], size_t held_out_count, uint64_t seed,
                              struct boosting **boosting)
{
    size_t width = inner->features->encoding.feature_count;
    size_t all = count + held_out_count;
    float *values = calloc(all * width, sizeof *values);
    uint8_t *positives = calloc(all, sizeof *positives);
    enum status status = STATUS_UNAVAILABLE;
    if (values != NULL && positives != NULL) {
        features_gather(inner->features, rows, count, values, positives);
        features_gather(inner->features, held_out, held_out_count, values + count * width,
                        positives + count);
        struct boosting_rows train = {values, positives, count, width};
        struct boosting_rows test = {values + count * width, positives + count, held_out_count,
                                     width};
        status = boosting_open(&train, &test, inner->features->directions, inner->positive_weight,
                               seed, boosting);
    }
    free(values);
    free(positives);
    return status;
}

static enum status fold_open(struct inner *inner, size_t fold)
{
    size_t *rows = calloc(inner->count, sizeof *rows);
    if (rows == NULL)
        return STATUS_UNAVAILABLE;
    size_t in = table_part_fold(inner->rows, inner->count, inner->folds, fold, rows);
    enum status status = trees_open(inner, rows, in, rows + in, inner->count - in,
                                    inner->seed + fold, &inner->boosting[fold]);
    free(rows);
    return status;
}

/* What the trees of the first `rounds` rounds say of each row. */
static enum status trees_predict(struct inner *inner, size_t rounds, double log_odds[])
{
    enum status status = STATUS_OK;
    for (size_t fold = 0; fold < FOLDS && status == STATUS_OK; fold++) {
        status = boosting_predict(inner->boosting[fold], rounds, inner->scratch);
        for (size_t i = 0, at = 0; i < inner->count; i++)
            if (inner->folds[i] == fold)
                log_odds[i] = inner->scratch[at++];
    }
    return status;
}

/* Grows the trees of all folds together, until their mean loss has not fallen for a while. */
static enum status rounds_choose(struct inner *inner, size_t *rounds)
{
    enum status status = STATUS_OK;
    double least = INFINITY;
    for (size_t fold = 0; fold < FOLDS && status == STATUS_OK; fold++)
        status = fold_open(inner, fold);
    *rounds = ROUNDS_STEP;
    for (size_t grown = ROUNDS_STEP; grown <= ROUNDS_MAX && status == STATUS_OK;
         grown += ROUNDS_STEP) {
        for (size_t fold = 0; fold < FOLDS && status == STATUS_OK; fold++)
            status = boosting_grow(inner->boosting[fold], ROUNDS_STEP);
        if (status == STATUS_OK)
            status = trees_predict(inner, grown, inner->by_trees);
        double loss = loss_of(inner, inner->by_trees);
        if (loss < least) {
            least = loss;
            *rounds = grown;
        } else if (grown - *rounds >= PATIENCE_STEPS * ROUNDS_STEP) {
            break;
        }
    }
    assert(*rounds >= ROUNDS_STEP && *rounds <= ROUNDS_MAX);
    return status == STATUS_OK ? trees_predict(inner, *rounds, inner->by_trees) : status;
}

/* Fits logistic regressions, the penalties in order up to `last`. The caller frees `path`, which is
 * all zero at first. */
static enum status linear_path(const struct inner *inner, const size_t rows[], size_t count,
                               size_t last, struct linear path[PENALTIES])
{
    struct design design;
    enum status status = design_init(&design, inner->features, rows, count);
    if (status != STATUS_OK)
        return status;
    double *values = calloc(count * design.width, sizeof *values);
    double *weights = calloc(design.width + 1, sizeof *weights);
    uint8_t *positives = calloc(count, sizeof *positives);
    if (values == NULL || weights == NULL || positives == NULL) {
        status = STATUS_UNAVAILABLE;
    } else {
        design_apply(&design, inner->features, rows, count, values);
        for (size_t i = 0; i < count; i++)
            positives[i] = inner->features->table->positives[rows[i]];
    }
    for (size_t i = 0; i <= last && status == STATUS_OK; i++) {
        struct logistic_problem problem = {values,
                                           positives,
                                           count,
                                           design.width,
                                           inner->positive_weight,
                                           penalties[i],
                                           inner->features->directions};
        status = logistic_fit(&problem, weights);
        if (status == STATUS_OK)
            status = design_linear(&design, weights, &path[i]);
    }
    free(values);
    free(weights);
    free(positives);
    design_free(&design);
    return status;
}

static void path_free(struct linear path[PENALTIES])
{
    for (size_t i = 0; i < PENALTIES; i++)
        linear_free(&path[i]);
}

/* What the regressions say of the rows of a fold. */
static void linear_predict(struct inner *inner, size_t fold, const struct linear path[PENALTIES])
{
    const struct encoding *encoding = &inner->features->encoding;
    for (size_t i = 0; i < inner->count; i++) {
        const float *features = inner->features->values + inner->rows[i] * encoding->feature_count;
        for (size_t penalty = 0; penalty < PENALTIES && inner->folds[i] == fold; penalty++)
            inner->by_linear[penalty * inner->count + i] =
                linear_log_odds(&path[penalty], encoding, features);
    }
}

static enum status penalty_choose(struct inner *inner, size_t *penalty)
{
    enum status status = STATUS_OK;
    double least = INFINITY;
    size_t *rows = calloc(inner->count, sizeof *rows);
    if (rows == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t fold = 0; fold < FOLDS && status == STATUS_OK; fold++) {
        struct linear path[PENALTIES] = {{0}};
        size_t in = table_part_fold(inner->rows, inner->count, inner->folds, fold, rows);
        status = linear_path(inner, rows, in, PENALTIES - 1, path);
        if (status == STATUS_OK)
            linear_predict(inner, fold, path);
        path_free(path);
    }
    free(rows);
    for (size_t i = 0; i < PENALTIES; i++) {
        double loss = loss_of(inner, inner->by_linear + i * inner->count);
        if (loss < least) {
            least = loss;
            *penalty = i;
        }
    }
    return status;
}

/* Leaves in `scratch` what trees that count so much say beside a logistic regression. */
static void blend(struct inner *inner, double tree_weight, const double by_linear[])
{
    for (size_t i = 0; i < inner->count; i++)
        inner->scratch[i] = tree_weight * inner->by_trees[i] + (1 - tree_weight) * by_linear[i];
}

/* How much the trees count, and the calibration of the sum. */
static enum status blend_choose(struct inner *inner, size_t penalty, struct part_numbers *numbers)
{
    const double *by_linear = inner->by_linear + penalty * inner->count;
    double least = INFINITY;
    enum status status = STATUS_OK;
    for (size_t k = 0; k < TREE_WEIGHTS && status == STATUS_OK; k++) {
        struct calibration platt;
        blend(inner, tree_weights[k], by_linear);
        status = calibrate_platt(inner->scratch, inner->positives, inner->count, &platt);
        double loss = calibrate_loss(&platt, inner->scratch, inner->positives, inner->count);
        if (status == STATUS_OK && loss < least) {
            least = loss;
            numbers->tree_weight = tree_weights[k];
        }
    }
    if (status != STATUS_OK)
        return status;
    blend(inner, numbers->tree_weight, by_linear);
    return calibrate(inner->scratch, inner->positives, inner->count, &numbers->calibration);
}

/* With all choices made: the fit to all rows. */
static enum status fit_whole(struct inner *inner, size_t penalty, struct fit *fit)
{
    struct boosting *boosting = NULL;
    struct linear path[PENALTIES] = {{0}};
    enum status status = linear_path(inner, inner->rows, inner->count, penalty, path);
    fit->numbers.linear = path[penalty];
    path[penalty] = (struct linear){0};
    path_free(path);
    if (status == STATUS_OK)
        status = trees_open(inner, inner->rows, inner->count, NULL, 0, inner->seed, &boosting);
    if (status == STATUS_OK)
        status = boosting_grow(boosting, fit->rounds);
    if (status == STATUS_OK)
        status = boosting_save(boosting, &fit->trees);
    boosting_close(boosting);
    return status;
}

enum status fit_part(const struct feature_matrix *features, const size_t rows[], size_t count,
                     uint64_t seed, struct fit *fit)
{
    struct inner inner = {.features = features, .rows = rows, .count = count, .seed = seed};
    size_t positives = table_positives(features->table, rows, count);
    size_t penalty = 0;
    *fit = (struct fit){0};
    if (positives < FIT_OUTCOMES_MIN || count - positives < FIT_OUTCOMES_MIN)
        return STATUS_INVALID;
    /* Both outcomes weigh the same in all. The calibration, which counts rows, takes it back. */
    inner.positive_weight = (double)(count - positives) / (double)positives;
    buf_init(&fit->trees, MODEL_FILE_MAX);
    enum status status = inner_init(&inner);
    if (status == STATUS_OK)
        status = rounds_choose(&inner, &fit->rounds);
    if (status == STATUS_OK)
        status = penalty_choose(&inner, &penalty);
    assert(penalty < PENALTIES);
    fit->penalty = penalties[penalty];
    if (status == STATUS_OK)
        status = blend_choose(&inner, penalty, &fit->numbers);
    if (status == STATUS_OK)
        status = fit_whole(&inner, penalty, fit);
    inner_free(&inner);
    if (status != STATUS_OK)
        fit_free(fit);
    return status;
}

void fit_free(struct fit *fit)
{
    linear_free(&fit->numbers.linear);
    buf_free(&fit->trees);
}
