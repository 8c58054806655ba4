/* SPDX-License-Identifier: Apache-2.0 */
#include "model/feature_columns.h"

#include <stdio.h>
#include <string.h>

enum status feature_columns_add(struct feature_columns *columns, const struct model_column *column,
                                char reason[REASON_MAX + 1])
{
    size_t number = columns->count + 1;
    int feature = feature_named(column->name);
    if (feature < 0) {
        snprintf(reason, REASON_MAX + 1, "column %zu, %.128s: features.def has no such feature",
                 number, column->name);
        return STATUS_INVALID;
    }
    for (size_t i = 0; i < columns->count; i++) {
        if (columns->features[i] != (enum feature)feature)
            continue;
        snprintf(reason, REASON_MAX + 1, "columns %zu and %zu are both named %.128s", i + 1, number,
                 column->name);
        return STATUS_INVALID;
    }
    if (column->kind != MODEL_NUMERIC) {
        snprintf(reason, REASON_MAX + 1, "column %zu, %.128s: is a category, not a number", number,
                 column->name);
        return STATUS_INVALID;
    }
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

void feature_column_describe(enum feature feature, struct model_column *column)
{
    const struct feature_definition *definition = &feature_definitions[feature];
    *column = (struct model_column){.kind = MODEL_NUMERIC, .direction = (int)definition->direction};
    snprintf(column->name, sizeof column->name, "%s", definition->name);
    snprintf(column->group, sizeof column->group, "%s", group_of(feature));
}

enum status feature_column_check(enum feature feature, const struct model_column *column,
                                 size_t number, char reason[REASON_MAX + 1])
{
    static const char *const directions[] = {"-1 (risk falls with it)", "0 (either)",
                                             "1 (risk rises with it)"};
    int direction = (int)feature_definitions[feature].direction;
    if (strcmp(column->group, group_of(feature)) != 0) {
        snprintf(reason, REASON_MAX + 1,
                 "column %zu, %.40s: its group is \"%.32s\"; features.def has \"%s\"", number,
                 column->name, column->group, group_of(feature));
        return STATUS_INVALID;
    }
    if (column->direction != direction) {
        snprintf(reason, REASON_MAX + 1,
                 "column %zu, %.40s: its direction is %s; features.def has %s", number,
                 column->name, directions[column->direction + 1], directions[direction + 1]);
        return STATUS_INVALID;
    }
    return STATUS_OK;
}
