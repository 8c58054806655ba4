/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/scorer_trained.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "model/points.h"

struct scorer_trained {
    struct scorer base;
    struct trained_source *source;
    uint64_t version; /* of the source, that `model` is */
    enum trained_form form;
    struct model *model;   /* TRAINED_TREES */
    struct points *points; /* TRAINED_POINTS */
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

enum status trained_model_check(const struct model *model, char reason[REASON_MAX + 1])
{
    const struct model_column *columns = model_columns(model);
    size_t count = model_column_count(model);
    for (size_t i = 0; i < count || i < FEATURE_COUNT; i++) {
        const char *wanted = i < FEATURE_COUNT ? feature_definitions[i].name : "nothing";
        const char *found = i < count ? columns[i].name : "nothing";
        if (strcmp(found, wanted) == 0 && columns[i].kind == MODEL_NUMERIC &&
            columns[i].direction == (int)feature_definitions[i].direction &&
            model_column_is_emotional(&columns[i]) ==
                (feature_definitions[i].group == GROUP_EMOTIONAL))
            continue;
        snprintf(reason, REASON_MAX + 1,
                 "column %zu: the model has %.50s, not %.50s as features.def tells it", i, found,
                 wanted);
        return STATUS_INVALID;
    }
    if (model_has_part(model, MODEL_WITHOUT_EMOTIONS))
        return STATUS_OK;
    snprintf(reason, REASON_MAX + 1, "the model has no part that does without emotions");
    return STATUS_INVALID;
}

static enum status trees_renew(struct scorer_trained *trained, const char *folder,
                               char reason[REASON_MAX + 1])
{
    struct model *fresh;
    enum status status = model_load(folder, &fresh, reason);
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
    struct points *fresh = calloc(1, sizeof *fresh);
    enum status status = fresh == NULL ? STATUS_UNAVAILABLE : points_load(folder, fresh, reason);
    if (status == STATUS_OK && fresh->column_count != FEATURE_COUNT) {
        snprintf(reason, REASON_MAX + 1, "the scorecard has not every feature");
        points_free(fresh);
        status = STATUS_INVALID;
    }
    if (status != STATUS_OK) {
        free(fresh);
        return status;
    }
    points_drop(trained->points);
    trained->points = fresh;
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

static void row_of(const struct features *features, double row[FEATURE_COUNT])
{
    for (int i = 0; i < FEATURE_COUNT; i++)
        row[i] = (double)features->values[i];
}

static enum model_part part_of(enum risk_basis basis)
{
    return basis == BASIS_FULL ? MODEL_FULL : MODEL_WITHOUT_EMOTIONS;
}

static enum status risks_of(void *self, enum risk_basis basis, const struct features features[],
                            size_t count, int32_t risks[])
{
    enum { ROWS_MAX = NEAREST_CANDIDATES };
    struct scorer_trained *trained = self;
    double rows[ROWS_MAX * FEATURE_COUNT] = {0}, probabilities[ROWS_MAX];
    if (count == 0 || count > ROWS_MAX)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < count; i++)
        row_of(&features[i], rows + i * FEATURE_COUNT);
    if (model_predict(trained->model, part_of(basis), rows, count, probabilities) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < count; i++) {
        if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
            return STATUS_UNAVAILABLE;
        risks[i] = (int32_t)lround(probabilities[i] * MILLIONTHS);
    }
    return STATUS_OK;
}

static enum status weigh(void *self, enum risk_basis basis, const struct features *features,
                         int32_t weights[FEATURE_COUNT])
{
    static const double most = INT32_MAX;
    struct scorer_trained *trained = self;
    double row[FEATURE_COUNT], probability, contributions[FEATURE_COUNT], base;
    row_of(features, row);
    if (model_explain(trained->model, part_of(basis), row, &probability, contributions, &base) !=
        STATUS_OK)
        return STATUS_UNAVAILABLE;
    for (int i = 0; i < FEATURE_COUNT; i++)
        weights[i] = (int32_t)lround(fmax(-most, fmin(most, contributions[i] * MILLIONTHS)));
    return STATUS_OK;
}

static enum status points_risks(void *self, enum risk_basis basis, const struct features features[],
                                size_t count, int32_t risks[])
{
    struct scorer_trained *trained = self;
    for (size_t i = 0; i < count; i++) {
        double row[FEATURE_COUNT];
        struct features financial = features_without_emotions(&features[i]);
        row_of(basis == BASIS_FULL ? &features[i] : &financial, row);
        double probability = points_probability(points_score(trained->points, row));
        risks[i] = (int32_t)lround(probability * MILLIONTHS);
    }
    return STATUS_OK;
}

/* Against somebody of whom nothing is known, feature by feature: points add up. */
static enum status points_weigh(void *self, enum risk_basis basis, const struct features *features,
                                int32_t weights[FEATURE_COUNT])
{
    const double log_odds_of_point = log(2) / POINTS_DOUBLE;
    struct scorer_trained *trained = self;
    struct features empty = features_empty(), financial = features_without_emotions(features);
    double row[FEATURE_COUNT], neutral[FEATURE_COUNT];
    row_of(basis == BASIS_FULL ? features : &financial, row);
    row_of(&empty, neutral);
    int32_t nobody = points_score(trained->points, neutral);
    for (int i = 0; i < FEATURE_COUNT; i++) {
        double kept = neutral[i];
        neutral[i] = row[i];
        int32_t less = nobody - points_score(trained->points, neutral);
        weights[i] = (int32_t)lround(less * log_odds_of_point * MILLIONTHS);
        neutral[i] = kept;
    }
    return STATUS_OK;
}

static enum status score(struct scorer *base, const struct question *question, struct score *score)
{
    struct scorer_trained *trained = (struct scorer_trained *)base;
    const struct risk_model trees = {risks_of, weigh, trained};
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
