/* SPDX-License-Identifier: Apache-2.0 */
#include "model/points.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_put.h"
#include "model/manifest.h"
#include "model/part.h"
#include "model/reason.h"
#include "process/json_read.h"

enum { POINTS_MAX = 100000 }; /* of one bin, either way: sums stay within 32 bits */

void points_free(struct points *points)
{
    for (size_t i = 0; i < points->column_count; i++)
        model_column_free(&points->columns[i].column);
    free(points->columns);
    *points = (struct points){0};
}

size_t points_bin(const struct points_column *column, double value)
{
    size_t bin = 0;
    if (!isfinite(value))
        return POINTS_MISSING;
    if (column->column.kind == MODEL_CATEGORY)
        return value >= 0 && value < (double)column->column.level_count ? (size_t)value
                                                                        : POINTS_MISSING;
    while (bin + 1 < column->bin_count && value >= column->below[bin])
        bin++;
    assert(bin < column->bin_count);
    return bin;
}

int32_t points_score(const struct points *points, const double row[])
{
    int32_t score = points->base;
    for (size_t i = 0; i < points->column_count; i++) {
        const struct points_column *column = &points->columns[i];
        size_t bin = points_bin(column, row[i]);
        score += bin == POINTS_MISSING ? column->missing : column->points[bin];
    }
    return score;
}

double points_probability(int32_t score)
{
    return calibration_probability((POINTS_EVEN - score) * log(2) / POINTS_DOUBLE);
}

static void put_bins(struct buf *json, const struct points_column *column)
{
    bool category = column->column.kind == MODEL_CATEGORY;
    size_t count = category ? column->column.level_count : column->bin_count;
    assert(count > 0 && count <= MODEL_LEVELS_MAX);
    json_put_open(json, category ? "levels" : "bins", '[');
    for (size_t i = 0; i < count; i++) {
        json_put_open(json, NULL, '{');
        if (category) {
            json_put_text(json, "level", column->column.levels[i]);
        } else if (i + 1 < count) {
            char number[32];
            int size = snprintf(number, sizeof number, "%.17g", column->below[i]);
            json_put_raw(json, "below", (struct slice){number, (size_t)size});
        }
        json_put_integer(json, "points", column->points[i]);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

void points_write(const struct points *points, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_integer(json, "format", POINTS_FORMAT);
    json_put_integer(json, "points_at_even_odds", POINTS_EVEN);
    json_put_integer(json, "points_to_double_the_odds", POINTS_DOUBLE);
    json_put_integer(json, "base", points->base);
    json_put_open(json, "columns", '[');
    for (size_t i = 0; i < points->column_count; i++) {
        json_put_open(json, NULL, '{');
        json_put_text(json, "name", points->columns[i].column.name);
        put_bins(json, &points->columns[i]);
        json_put_integer(json, "missing", points->columns[i].missing);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
    json_put_close(json, '}');
}

static bool read_points(const json_t *object, const char *key, int32_t *points)
{
    const json_t *member = json_object_get(object, key);
    json_int_t value = json_integer_value(member);
    *points = (int32_t)value;
    return json_is_integer(member) && value >= -POINTS_MAX && value <= POINTS_MAX;
}

static bool read_levels(const json_t *levels, struct points_column *column)
{
    column->column.kind = MODEL_CATEGORY;
    if (json_array_size(levels) == 0 || json_array_size(levels) > MODEL_LEVELS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(levels); i++) {
        const json_t *level = json_array_get(levels, i);
        const char *name = json_string_value(json_object_get(level, "level"));
        if (name == NULL || !read_points(level, "points", &column->points[i]) ||
            model_column_add_level(&column->column, name, strlen(name)) != STATUS_OK)
            return false;
    }
    return true;
}

static bool read_bins(const json_t *bins, struct points_column *column)
{
    column->bin_count = json_array_size(bins);
    if (column->bin_count == 0 || column->bin_count > POINTS_BINS_MAX)
        return false;
    for (size_t i = 0; i < column->bin_count; i++) {
        const json_t *bin = json_array_get(bins, i);
        const json_t *below = json_object_get(bin, "below");
        bool last = i + 1 == column->bin_count;
        column->below[i] = last ? INFINITY : json_number_value(below);
        if (!read_points(bin, "points", &column->points[i]) || (!last && !json_is_number(below)) ||
            (i > 0 && column->below[i] <= column->below[i - 1]))
            return false;
    }
    return true;
}

static bool read_column(const json_t *object, struct points_column *column)
{
    const char *name = json_string_value(json_object_get(object, "name"));
    const json_t *levels = json_object_get(object, "levels");
    if (name == NULL || strlen(name) > MODEL_COLUMN_NAME_MAX)
        return false;
    snprintf(column->column.name, sizeof column->column.name, "%s", name);
    return read_points(object, "missing", &column->missing) &&
           (levels != NULL ? read_levels(levels, column)
                           : read_bins(json_object_get(object, "bins"), column));
}

static bool read_columns(const json_t *array, struct points *points)
{
    size_t count = json_array_size(array);
    if (count == 0 || count > MODEL_COLUMNS_MAX)
        return false;
    points->columns = calloc(count, sizeof *points->columns);
    if (points->columns == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        points->column_count = i + 1;
        if (!read_column(json_array_get(array, i), &points->columns[i]))
            return false;
    }
    return true;
}

enum status points_read(struct slice json, struct points *points, char reason[REASON_MAX + 1])
{
    int32_t format = 0, even = 0, twice = 0;
    *points = (struct points){0};
    json_t *root;
    bool fine = json_read(json, JSON_REJECT_DUPLICATES, &root, NULL) == STATUS_OK &&
                read_points(root, "format", &format) && format == POINTS_FORMAT &&
                read_points(root, "points_at_even_odds", &even) && even == POINTS_EVEN &&
                read_points(root, "points_to_double_the_odds", &twice) && twice == POINTS_DOUBLE &&
                read_points(root, "base", &points->base) &&
                read_columns(json_object_get(root, "columns"), points);
    json_decref(root);
    if (fine)
        return STATUS_OK;
    points_free(points);
    return reason_tell(reason, STATUS_INVALID, POINTS_FILE ": not a scorecard of format %d",
                       POINTS_FORMAT);
}

enum status points_load(const char *folder, struct points *points, char reason[REASON_MAX + 1])
{
    struct buf json;
    buf_init(&json, MODEL_FILE_MAX);
    enum status status = manifest_file_read(folder, POINTS_FILE, &json, reason);
    if (status == STATUS_OK)
        status = points_read(buf_slice(&json), points, reason);
    buf_free(&json);
    return status;
}
