/* SPDX-License-Identifier: Apache-2.0 */
#include "scorers/trained.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"
#include "model/points.h"
#include "process/log.h"

struct scorer_trained {
    struct scorer base;
    struct trained_source *source;
    uint64_t version; /* of the source, that `model` is */
    enum trained_form form;
    struct model *model;            /* TRAINED_TREES */
    struct points *points;          /* TRAINED_POINTS */
    struct feature_columns columns; /* of the points */
    char name[MODEL_NAME_MAX + 1];
};

void trained_source_init(struct trained_source *source)
{
    *source = (struct trained_source){0};
    pthread_mutex_init(&source->lock, NULL);
}

void trained_source_publish(struct trained_source *source, const struct shelved_model *model)
{
    pthread_mutex_lock(&source->lock);
    source->model = *model;
    atomic_fetch_add(&source->version, 1);
    pthread_mutex_unlock(&source->lock);
}

static enum status trees_renew(struct scorer_trained *trained, const char *folder,
                               char reason[REASON_MAX + 1])
{
    struct model *fresh;
    enum status status = model_load_features(folder, &fresh, reason);
    if (status != STATUS_OK)
        return status;
    model_free(trained->model);
    trained->model = fresh;
    return STATUS_OK;
}

static void points_drop(struct points *points)
{
    if (points != NULL)
        points_free(points);
    free(points);
}

static enum status points_renew(struct scorer_trained *trained, const char *folder,
                                char reason[REASON_MAX + 1])
{
    struct feature_columns columns = {0};
    struct points *fresh = calloc(1, sizeof *fresh);
    enum status status = fresh == NULL ? STATUS_UNAVAILABLE : points_load(folder, fresh, reason);
    for (size_t i = 0; status == STATUS_OK && i < fresh->column_count; i++)
        status = feature_columns_add(&columns, &fresh->columns[i].column, reason);
    if (status != STATUS_OK) {
        points_drop(fresh);
        return status;
    }
    points_drop(trained->points);
    trained->points = fresh;
    trained->columns = columns;
    return STATUS_OK;
}

/* What was published stands on the shelf and was checked; if it cannot be read even so, the model
 * of before goes on answering. */
static void renew(struct scorer_trained *trained)
{
    struct trained_source *source = trained->source;
    char reason[REASON_MAX + 1];
    if (trained->version == atomic_load(&source->version))
        return;
    pthread_mutex_lock(&source->lock);
    struct shelved_model shelved = source->model;
    trained->version = atomic_load(&source->version);
    pthread_mutex_unlock(&source->lock);
    enum status status = trained->form == TRAINED_TREES
                             ? trees_renew(trained, shelved.folder, reason)
                             : points_renew(trained, shelved.folder, reason);
    if (status != STATUS_OK)
        log_error("model cannot be loaded", LOG_TEXT("reason", reason));
    else
        snprintf(trained->name, sizeof trained->name, "%s%.*s",
                 trained->form == TRAINED_TREES ? "" : POINTS_PREFIX,
                 MODEL_NAME_MAX - SHELF_PREFIX_MAX, shelved.name);
}

static enum model_part part_of(enum risk_basis basis)
{
    return basis == BASIS_FULL ? MODEL_FULL : MODEL_WITHOUT_EMOTIONS;
}

static enum status trees_risks(void *self, enum risk_basis basis, const struct features features[],
                               size_t count, int32_t risks[])
{
    struct scorer_trained *trained = self;
    return model_risks(trained->model, part_of(basis), features, count, risks);
}

static enum status trees_weigh(void *self, enum risk_basis basis, const struct features *features,
                               int32_t weights[FEATURE_COUNT])
{
    struct scorer_trained *trained = self;
    return model_weigh(trained->model, part_of(basis), features, weights);
}

static int32_t points_of(const struct scorer_trained *trained, const struct features *features)
{
    double row[FEATURE_COUNT];
    feature_columns_row(&trained->columns, features, row);
    return points_score(trained->points, row);
}

static enum status points_risks(void *self, enum risk_basis basis, const struct features features[],
                                size_t count, int32_t risks[])
{
    for (size_t i = 0; i < count; i++) {
        struct features financial = features_without_emotions(&features[i]);
        int32_t points = points_of(self, basis == BASIS_FULL ? &features[i] : &financial);
        risks[i] = (int32_t)lround(points_probability(points) * MILLIONTHS);
    }
    return STATUS_OK;
}

/* Against somebody of whom nothing is known, feature by feature: points add up. */
static enum status points_weigh(void *self, enum risk_basis basis, const struct features *features,
                                int32_t weights[FEATURE_COUNT])
{
    const double log_odds_of_point = log(2) / POINTS_DOUBLE;
    struct features neutral = features_empty(), financial = features_without_emotions(features);
    const struct features *known = basis == BASIS_FULL ? features : &financial;
    int32_t nobody = points_of(self, &neutral);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        int64_t kept = neutral.values[i];
        neutral.values[i] = known->values[i];
        int32_t less = nobody - points_of(self, &neutral);
        weights[i] = (int32_t)lround(less * log_odds_of_point * MILLIONTHS);
        neutral.values[i] = kept;
    }
    return STATUS_OK;
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    struct scorer_trained *trained = (struct scorer_trained *)base;
    const struct risk_model trees = {trees_risks, trees_weigh, trained};
    const struct risk_model points = {points_risks, points_weigh, trained};
    renew(trained);
    enum status status =
        scoring_answer(trained->form == TRAINED_TREES ? &trees : &points, question, score);
    memcpy(score->model, trained->name, sizeof score->model);
    return status;
}

static const char *model(struct scorer *base)
{
    struct scorer_trained *trained = (struct scorer_trained *)base;
    renew(trained);
    return trained->name;
}

static void close_trained(struct scorer *base)
{
    struct scorer_trained *trained = (struct scorer_trained *)base;
    model_free(trained->model);
    points_drop(trained->points);
    free(trained);
}

enum status scorer_trained_open(struct trained_source *source, enum trained_form form,
                                struct scorer **scorer)
{
    static const struct scorer_ops ops = {.score = score, .model = model, .close = close_trained};
    struct scorer_trained *trained = calloc(1, sizeof *trained);
    if (trained == NULL)
        return STATUS_UNAVAILABLE;
    trained->base.ops = &ops;
    trained->source = source;
    trained->form = form;
    renew(trained);
    if (trained->model == NULL && trained->points == NULL) {
        free(trained);
        return STATUS_INVALID;
    }
    *scorer = &trained->base;
    return STATUS_OK;
}
