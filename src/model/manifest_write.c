/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json_put.h"
#include "model/manifest.h"

/* So many digits give the same double back. */
static void put_number(struct buf *json, double value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.17g", value);
    json_put_raw(json, (struct slice){text, (size_t)size});
}

static void put_numbers(struct buf *json, const char *key, const double values[], size_t count)
{
    json_put_key(json, key);
    json_put_open(json, '[');
    for (size_t i = 0; i < count; i++)
        put_number(json, values[i]);
    json_put_close(json, ']');
}

static void put_text(struct buf *json, const char *key, const char *text)
{
    json_put_key(json, key);
    json_put_text(json, text);
}

static void put_column(struct buf *json, const struct model_column *column)
{
    json_put_open(json, '{');
    put_text(json, "name", column->name);
    put_text(json, "kind", column->kind == MODEL_CATEGORY ? "category" : "numeric");
    put_text(json, "group", column->group);
    json_put_key(json, "direction");
    json_put_integer(json, column->direction);
    if (column->kind == MODEL_CATEGORY) {
        json_put_key(json, "levels");
        json_put_open(json, '[');
        for (size_t i = 0; i < column->level_count; i++)
            json_put_text(json, column->levels[i]);
        json_put_close(json, ']');
    }
    json_put_close(json, '}');
}

static void put_linear(struct buf *json, const struct linear *linear)
{
    json_put_open(json, '{');
    json_put_key(json, "intercept");
    put_number(json, linear->intercept);
    put_numbers(json, "weights", linear->weights, linear->feature_count);
    put_numbers(json, "means", linear->means, linear->feature_count);
    put_numbers(json, "lows", linear->lows, linear->feature_count);
    put_numbers(json, "highs", linear->highs, linear->feature_count);
    put_numbers(json, "missing_weights", linear->missing_weights, linear->column_count);
    put_numbers(json, "missing_rates", linear->missing_rates, linear->column_count);
    json_put_close(json, '}');
}

static void put_calibration(struct buf *json, const struct calibration *calibration)
{
    bool isotonic = calibration->form == CALIBRATION_ISOTONIC;
    json_put_open(json, '{');
    put_text(json, "form", isotonic ? "isotonic" : "platt");
    json_put_key(json, "intercept");
    put_number(json, calibration->intercept);
    json_put_key(json, "slope");
    put_number(json, calibration->slope);
    if (isotonic) {
        put_numbers(json, "from", calibration->from, calibration->knot_count);
        put_numbers(json, "to", calibration->to, calibration->knot_count);
    }
    json_put_close(json, '}');
}

static void put_part(struct buf *json, const struct manifest *manifest,
                     const struct manifest_part *part)
{
    json_put_open(json, '{');
    json_put_key(json, "uses");
    json_put_open(json, '[');
    for (size_t i = 0; i < manifest->column_count; i++)
        json_put_boolean(json, part->uses[i]);
    json_put_close(json, ']');
    put_text(json, "trees", part->trees);
    json_put_key(json, "tree_weight");
    put_number(json, part->numbers.tree_weight);
    json_put_key(json, "linear");
    put_linear(json, &part->numbers.linear);
    json_put_key(json, "calibration");
    put_calibration(json, &part->numbers.calibration);
    json_put_close(json, '}');
}

void manifest_write(const struct manifest *manifest, struct buf *json)
{
    char hash[HASH_TEXT_SIZE];
    json_put_open(json, '{');
    json_put_key(json, "format");
    json_put_integer(json, MANIFEST_FORMAT);
    put_text(json, "name", manifest->name);
    json_put_key(json, "columns");
    json_put_open(json, '[');
    for (size_t i = 0; i < manifest->column_count; i++)
        put_column(json, &manifest->columns[i]);
    json_put_close(json, ']');
    json_put_key(json, "parts");
    json_put_open(json, '[');
    for (size_t i = 0; i < manifest->part_count; i++)
        put_part(json, manifest, &manifest->parts[i]);
    json_put_close(json, ']');
    json_put_key(json, "files");
    json_put_open(json, '[');
    for (size_t i = 0; i < manifest->file_count; i++) {
        hash_format(&manifest->files[i].hash, hash);
        json_put_open(json, '{');
        put_text(json, "name", manifest->files[i].name);
        put_text(json, "hash", hash);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
    json_put_close(json, '}');
}
