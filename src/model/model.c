/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/manifest.h"
#include "model/reason.h"

struct model {
    struct manifest manifest;
    struct hash hash;
    struct part *parts[MANIFEST_PARTS_MAX];
    struct feature_columns features; /* of its columns, if they are features */
};

/* Reads a file that the manifest names, and refuses it if it is not the one that was written. */
static enum status file_load(const char *folder, const struct manifest_file *file,
                             struct buf *bytes, char reason[REASON_MAX + 1])
{
    buf_clear(bytes);
    enum status status = manifest_file_read(folder, file->name, bytes, reason);
    if (status != STATUS_OK)
        return status;
    struct slice slice = buf_slice(bytes);
    struct hash hash = hash_of(&slice, 1);
    if (hash_compare(&hash, &file->hash) == 0)
        return STATUS_OK;
    return reason_tell(reason, STATUS_INVALID,
                       "%.60s/%.60s: altered or cut off: not the file that was hashed", folder,
                       file->name);
}

/* Opens the parts whose trees are in this file. */
static enum status parts_open(struct model *model, const char *name, struct slice trees,
                              char reason[REASON_MAX + 1])
{
    const struct manifest *manifest = &model->manifest;
    assert(manifest->part_count > 0 && manifest->part_count <= MANIFEST_PARTS_MAX);
    for (size_t i = 0; i < manifest->part_count; i++) {
        const struct manifest_part *part = &manifest->parts[i];
        if (model->parts[i] != NULL || strcmp(part->trees, name) != 0)
            continue;
        enum status status = part_open(manifest->columns, part->uses, manifest->column_count,
                                       &part->numbers, trees, &model->parts[i], reason);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* With the manifest's bytes in `bytes`, which are then used for the other files. */
static enum status load(struct model *model, const char *folder, struct buf *bytes,
                        char reason[REASON_MAX + 1])
{
    struct slice json = buf_slice(bytes);
    model->hash = hash_of(&json, 1);
    enum status status = manifest_read(json, &model->manifest, reason);
    for (size_t i = 0; i < model->manifest.file_count && status == STATUS_OK; i++) {
        const struct manifest_file *file = &model->manifest.files[i];
        status = file_load(folder, file, bytes, reason);
        if (status == STATUS_OK)
            status = parts_open(model, file->name, buf_slice(bytes), reason);
    }
    for (size_t i = 0; i < MANIFEST_PARTS_MAX && status == STATUS_OK; i++) {
        if (i >= model->manifest.part_count || model->parts[i] != NULL)
            continue;
        status =
            reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": a part's trees are in no file");
    }
    return status;
}

enum status model_load(const char *folder, struct model **loaded, char reason[REASON_MAX + 1])
{
    struct buf bytes;
    struct model *model = calloc(1, sizeof *model);
    snprintf(reason, REASON_MAX + 1, "memory is out");
    if (model == NULL)
        return STATUS_UNAVAILABLE;
    buf_init(&bytes, MODEL_FILE_MAX);
    enum status status = manifest_file_read(folder, MANIFEST_FILE, &bytes, reason);
    if (status == STATUS_OK)
        status = load(model, folder, &bytes, reason);
    buf_free(&bytes);
    if (status == STATUS_OK)
        *loaded = model;
    else
        model_free(model);
    return status == STATUS_TOO_LARGE ? STATUS_INVALID : status;
}

void model_free(struct model *model)
{
    if (model == NULL)
        return;
    for (size_t i = 0; i < MANIFEST_PARTS_MAX; i++)
        part_close(model->parts[i]);
    manifest_free(&model->manifest);
    free(model);
}

size_t model_column_count(const struct model *model)
{
    return model->manifest.column_count;
}

const struct model_column *model_columns(const struct model *model)
{
    return model->manifest.columns;
}

bool model_has_part(const struct model *model, enum model_part part)
{
    return (size_t)part < model->manifest.part_count;
}

const char *model_name(const struct model *model)
{
    return model->manifest.name;
}

struct hash model_hash(const struct model *model)
{
    return model->hash;
}

enum status model_predict(const struct model *model, enum model_part part, const double rows[],
                          size_t count, double probabilities[])
{
    return model_explain(model, part, rows, count, probabilities, NULL, NULL);
}

enum status model_explain(const struct model *model, enum model_part part, const double rows[],
                          size_t count, double probabilities[], double contributions[],
                          double bases[])
{
    if (!model_has_part(model, part))
        return STATUS_NOT_FOUND;
    enum status status =
        part_explain(model->parts[part], rows, count, probabilities, contributions, bases);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        probabilities[i] = calibration_probability(probabilities[i]);
    return status;
}

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

/* INVALID, with the reason: the column's group or direction is not the feature's. `number` is the
 * column's, from 1. */
static enum status column_check(enum feature feature, const struct model_column *column,
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

static enum status columns_match(struct model *model, char reason[REASON_MAX + 1])
{
    const struct model_column *columns = model_columns(model);
    bool emotional = false;
    for (size_t i = 0; i < model_column_count(model); i++) {
        enum status status = feature_columns_add(&model->features, &columns[i], reason);
        if (status == STATUS_OK)
            status = column_check(model->features.features[i], &columns[i], i + 1, reason);
        if (status != STATUS_OK)
            return status;
        emotional |= model_column_is_emotional(&columns[i]);
    }
    if (!emotional || model_has_part(model, MODEL_WITHOUT_EMOTIONS))
        return STATUS_OK;
    return reason_tell(reason, STATUS_INVALID,
                       "the model has emotional columns, and no part that does without them");
}

enum status model_load_features(const char *folder, struct model **loaded,
                                char reason[REASON_MAX + 1])
{
    struct model *model;
    enum status status = model_load(folder, &model, reason);
    if (status != STATUS_OK)
        return status;
    status = columns_match(model, reason);
    if (status == STATUS_OK)
        *loaded = model;
    else
        model_free(model);
    return status;
}

static enum model_part part_asked(const struct model *model, enum model_part part)
{
    return model_has_part(model, part) ? part : MODEL_FULL;
}

enum { PEOPLE_AT_ONCE = 32 };

/* Rows of some people as the model's columns have them; how many they are. */
static size_t rows_fill(const struct model *model, const struct features features[], size_t count,
                        double rows[PEOPLE_AT_ONCE * FEATURE_COUNT])
{
    size_t some = count < PEOPLE_AT_ONCE ? count : PEOPLE_AT_ONCE, width = model->features.count;
    assert(width == model->manifest.column_count && width <= FEATURE_COUNT);
    for (size_t i = 0; i < some; i++)
        feature_columns_row(&model->features, &features[i], rows + i * width);
    return some;
}

enum status model_risks(const struct model *model, enum model_part part,
                        const struct features features[], size_t count, int32_t risks[])
{
    double rows[PEOPLE_AT_ONCE * FEATURE_COUNT], probabilities[PEOPLE_AT_ONCE];
    for (size_t done = 0, some; done < count; done += some) {
        some = rows_fill(model, features + done, count - done, rows);
        if (model_predict(model, part_asked(model, part), rows, some, probabilities) != STATUS_OK)
            return STATUS_UNAVAILABLE;
        for (size_t i = 0; i < some; i++) {
            if (!(probabilities[i] >= 0 && probabilities[i] <= 1))
                return STATUS_UNAVAILABLE;
            risks[done + i] = (int32_t)lround(probabilities[i] * MILLIONTHS);
        }
    }
    return STATUS_OK;
}

static void weights_fill(const struct feature_columns *columns, const double contributions[],
                         int32_t weights[FEATURE_COUNT])
{
    static const double most = INT32_MAX;
    memset(weights, 0, FEATURE_COUNT * sizeof *weights);
    for (size_t i = 0; i < columns->count; i++)
        weights[columns->features[i]] =
            (int32_t)lround(fmax(-most, fmin(most, contributions[i] * MILLIONTHS)));
}

enum status model_weigh(const struct model *model, enum model_part part,
                        const struct features features[], size_t count,
                        int32_t weights[][FEATURE_COUNT])
{
    double rows[PEOPLE_AT_ONCE * FEATURE_COUNT], contributions[PEOPLE_AT_ONCE * FEATURE_COUNT];
    double probabilities[PEOPLE_AT_ONCE], bases[PEOPLE_AT_ONCE];
    for (size_t done = 0, some; done < count; done += some) {
        some = rows_fill(model, features + done, count - done, rows);
        if (model_explain(model, part_asked(model, part), rows, some, probabilities, contributions,
                          bases) != STATUS_OK)
            return STATUS_UNAVAILABLE;
        for (size_t i = 0; i < some; i++)
            weights_fill(&model->features, contributions + i * model->features.count,
                         weights[done + i]);
    }
    return STATUS_OK;
}
