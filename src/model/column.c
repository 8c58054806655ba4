/* SPDX-License-Identifier: Apache-2.0 */
#include "model/column.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status model_column_add_level(struct model_column *column, const char *name, size_t size)
{
    char **levels = realloc(column->levels, (column->level_count + 1) * sizeof *levels);
    if (levels == NULL)
        return STATUS_UNAVAILABLE;
    column->levels = levels;
    char *level = malloc(size + 1);
    if (level == NULL)
        return STATUS_UNAVAILABLE;
    memcpy(level, name, size);
    level[size] = '\0';
    levels[column->level_count++] = level;
    return STATUS_OK;
}

enum status model_column_copy(const struct model_column *from, struct model_column *to)
{
    enum status status = STATUS_OK;
    *to = *from;
    to->levels = NULL;
    to->level_count = 0;
    for (size_t i = 0; i < from->level_count && status == STATUS_OK; i++)
        status = model_column_add_level(to, from->levels[i], strlen(from->levels[i]));
    if (status != STATUS_OK)
        model_column_free(to);
    return status;
}

void model_column_free(struct model_column *column)
{
    for (size_t i = 0; i < column->level_count; i++)
        free(column->levels[i]);
    free(column->levels);
    *column = (struct model_column){0};
}

bool model_column_is_emotional(const struct model_column *column)
{
    return strcmp(column->group, MODEL_EMOTIONAL) == 0;
}

static size_t features_of(const struct model_column *column)
{
    return column->kind == MODEL_CATEGORY ? column->level_count : 1;
}

enum status encoding_init(struct encoding *encoding, const struct model_column columns[],
                          const bool uses[], size_t count)
{
    size_t features = 0;
    for (size_t i = 0; i < count; i++)
        features += uses[i] ? features_of(&columns[i]) : 0;
    if (features == 0 || features > MODEL_FEATURES_MAX)
        return STATUS_INVALID;
    *encoding = (struct encoding){.column_count = count};
    encoding->features = calloc(features, sizeof *encoding->features);
    if (encoding->features == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; uses[i] && k < features_of(&columns[i]); k++)
            encoding->features[encoding->feature_count++] =
                (struct encoded_feature){i, columns[i].kind == MODEL_CATEGORY ? k : FEATURE_VALUE};
    assert(encoding->feature_count == features);
    return STATUS_OK;
}

void encoding_free(struct encoding *encoding)
{
    free(encoding->features);
    *encoding = (struct encoding){0};
}

/* Past the last level, and before the first, there is none; neither is there one between two. */
static bool is_level(double value, size_t last)
{
    return value >= 0 && value <= (double)last && floor(value) == value;
}

/* What no float holds is the greatest that it does: XGBoost refuses the infinite. */
static float number_of(double value)
{
    return (float)fmin(fmax(value, -(double)FLT_MAX), (double)FLT_MAX);
}

void encoding_apply(const struct encoding *encoding, const double row[], float features[])
{
    for (size_t at = 0; at < encoding->feature_count;) {
        size_t column = encoding->features[at].column;
        size_t end = at;
        while (end < encoding->feature_count && encoding->features[end].column == column)
            end++;
        assert(column < encoding->column_count && end > at);
        double value = row[column];
        if (encoding->features[at].level == FEATURE_VALUE) {
            features[at] = isfinite(value) ? number_of(value) : NAN;
        } else {
            bool known = is_level(value, encoding->features[end - 1].level);
            for (size_t i = at; i < end; i++)
                features[i] = !known                                         ? NAN
                              : (double)encoding->features[i].level == value ? 1.0F
                                                                             : 0.0F;
        }
        at = end;
    }
}
