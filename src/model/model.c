/* SPDX-License-Identifier: Apache-2.0 */
#include "model/model.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/manifest.h"
#include "model/reason.h"

struct model {
    struct manifest manifest;
    struct hash hash;
    struct part *parts[MANIFEST_PARTS_MAX];
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

enum status model_predict(struct model *model, enum model_part part, const double rows[],
                          size_t count, double probabilities[])
{
    if (!model_has_part(model, part))
        return STATUS_NOT_FOUND;
    enum status status = part_predict(model->parts[part], rows, count, probabilities);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        probabilities[i] = calibration_probability(probabilities[i]);
    return status;
}

enum status model_explain(struct model *model, enum model_part part, const double row[],
                          double *probability, double contributions[], double *base)
{
    double log_odds;
    if (!model_has_part(model, part))
        return STATUS_NOT_FOUND;
    enum status status = part_explain(model->parts[part], row, &log_odds, contributions, base);
    if (status == STATUS_OK)
        *probability = calibration_probability(log_odds);
    return status;
}
