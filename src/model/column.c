/* SPDX-License-Identifier: Apache-2.0 */
#include "model/column.h"

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
