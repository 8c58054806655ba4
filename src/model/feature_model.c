/* SPDX-License-Identifier: Apache-2.0 */
#include "model/feature_model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/reason.h"

enum status feature_columns_add(struct feature_columns *columns, const struct model_column *column,
                                char reason[REASON_MAX + 1])
{
    size_t number = columns->count + 1;
    int feature = feature_named(column->name);
    if (feature < 0)
        return reason_tell(reason, STATUS_INVALID,
                           "column %zu, %.128s: features.def has no such feature", number,
                           column->name);
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->features[i] != (enum feature)feature)
            continue;
        return reason_tell(reason, STATUS_INVALID, "columns %zu and %zu are both named %.128s",
                           i + 1, number, column->name);
    }
    if (column->kind != MODEL_NUMERIC)
        return reason_tell(reason, STATUS_INVALID,
                           "column %zu, %.128s: is a category, not a number", number, column->name);
    assert(columns->count < FEATURE_COUNT); /* as no feature comes twice */
    columns->features[columns->count++] = (enum feature)feature;
    return STATUS_OK;
}

void feature_columns_row(const struct feature_columns *columns, const struct features *features,
                         double row[])
{
    for (size_t i = 0; i < columns->count; i++)
        row[i] = (double)features->values[columns->features[i]];
}

static const char *group_of(enum feature feature)
{
    return feature_definitions[feature].group == GROUP_EMOTIONAL ? MODEL_EMOTIONAL
                                                                 : MODEL_FINANCIAL;
}

void feature_columns_describe(enum feature feature, struct model_column *column)
{
    const struct feature_definition *definition = &feature_definitions[feature];
    *column = (struct model_column){.kind = MODEL_NUMERIC, .direction = (int)definition->direction};
    snprintf(column->name, sizeof column->name, "%s", definition->name);
    snprintf(column->group, sizeof column->group, "%s", group_of(feature));
}

enum status feature_columns_check(enum feature feature, const struct model_column *column,
                                  size_t number, char reason[REASON_MAX + 1])
{
    static const char *const directions[] = {"-1 (risk falls with it)", "0 (either)",
                                             "1 (risk rises with it)"};
    int direction = (int)feature_definitions[feature].direction;
    assert(column->direction >= -1 && column->direction <= 1);
    if (strcmp(column->group, group_of(feature)) != 0)
        return reason_tell(reason, STATUS_INVALID,
                           "column %zu, %.40s: its group is \"%.32s\"; features.def has \"%s\"",
                           number, column->name, column->group, group_of(feature));
    if (column->direction != direction)
        return reason_tell(
            reason, STATUS_INVALID, "column %zu, %.40s: its direction is %s; features.def has %s",
            number, column->name, directions[column->direction + 1], directions[direction + 1]);
    return STATUS_OK;
}

enum { ROWS_AT_ONCE = 64 };

struct feature_model {
    struct model *model;
    struct feature_columns columns;
};

static enum status columns_match(struct feature_model *model, char reason[REASON_MAX + 1])
{
    const struct model_column *columns = model_columns(model->model);
    bool emotional = false;
    for (size_t i = 0; i < model_column_count(model->model); i++) {
        enum status status = feature_columns_add(&model->columns, &columns[i], reason);
        if (status == STATUS_OK)
            status = feature_columns_check(model->columns.features[i], &columns[i], i + 1, reason);
        if (status != STATUS_OK)
            return status;
        emotional |= model_column_is_emotional(&columns[i]);
    }
    if (!emotional || model_has_part(model->model, MODEL_WITHOUT_EMOTIONS))
        return STATUS_OK;
    return reason_tell(reason, STATUS_INVALID,
                       "the model has emotional columns, and no part that does without them");
}

enum status feature_model_load(const char *folder, struct feature_model **loaded,
                               char reason[REASON_MAX + 1])
{
    struct feature_model *model = calloc(1, sizeof *model);
    if (model == NULL)
        return reason_tell(reason, STATUS_UNAVAILABLE, "memory is out");
    enum status status = model_load(folder, &model->model, reason);
    if (status == STATUS_OK)
        status = columns_match(model, reason);
    if (status == STATUS_OK)
        *loaded = model;
    else
        feature_model_free(model);
    return status;
}

void feature_model_free(struct feature_model *model)
{
    if (model == NULL)
        return;
    model_free(model->model);
    free(model);
}

const char *feature_model_name(const struct feature_model *model)
{
    return model_name(model->model);
}

struct hash feature_model_hash(const struct feature_model *model)
{
    return model_hash(model->model);
}

static enum model_part part_asked(const struct feature_model *model, enum model_part part)
{
    return model_has_part(model->model, part) ? part : MODEL_FULL;
}

enum status feature_model_risks(struct feature_model *model, enum model_part part,
                                const struct features features[], size_t count, int32_t risks[])
{
    double rows[ROWS_AT_ONCE * FEATURE_COUNT] = {0}, probabilities[ROWS_AT_ONCE];
    size_t width = model->columns.count;
    assert(width == model_column_count(model->model) && width <= FEATURE_COUNT);
    for (size_t done = 0, some; done < count; done += some) {
        some = count - done < ROWS_AT_ONCE ? count - done : ROWS_AT_ONCE;
        for (size_t i = 0; i < some; i++)
            feature_columns_row(&model->columns, &features[done + i], rows + i * width);
        if (model_predict(model->model, part_asked(model, part), rows, some, probabilities) !=
            STATUS_OK)
            return STATUS_UNAVAILABLE;
        for (size_t i = 0; i < some; i++) {
            if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
                return STATUS_UNAVAILABLE;
            risks[done + i] = (int32_t)lround(probabilities[i] * MILLIONTHS);
        }
    }
    return STATUS_OK;
}

enum status feature_model_weigh(struct feature_model *model, enum model_part part,
                                const struct features *features, int32_t weights[FEATURE_COUNT])
{
    static const double most = INT32_MAX;
    double row[FEATURE_COUNT], probability, contributions[FEATURE_COUNT], base;
    feature_columns_row(&model->columns, features, row);
    if (model_explain(model->model, part_asked(model, part), row, &probability, contributions,
                      &base) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    for (int i = 0; i < FEATURE_COUNT; i++)
        weights[i] = 0;
    for (size_t i = 0; i < model->columns.count; i++)
        weights[model->columns.features[i]] =
            (int32_t)lround(fmax(-most, fmin(most, contributions[i] * MILLIONTHS)));
    return STATUS_OK;
}
