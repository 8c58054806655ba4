/* SPDX-License-Identifier: Apache-2.0 */
#include "model/manifest.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json_put.h"
#include "model/reason.h"
#include "process/file.h"
#include "process/json_read.h"

/* Beyond what a float holds; products of these stay finite. */
static const double number_max = 1e40;

void manifest_free(struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->column_count; i++)
        model_column_free(&manifest->columns[i]);
    free(manifest->columns);
    for (size_t i = 0; i < MANIFEST_PARTS_MAX; i++) {
        free(manifest->parts[i].uses);
        linear_free(&manifest->parts[i].numbers.linear);
    }
    *manifest = (struct manifest){0};
}

/* Copies a text member into `text` of `size` bytes. */
static bool read_text(const json_t *object, const char *key, char *text, size_t size)
{
    const json_t *member = json_object_get(object, key);
    if (!json_is_string(member) || json_string_length(member) >= size ||
        json_string_length(member) != strlen(json_string_value(member)))
        return false;
    snprintf(text, size, "%s", json_string_value(member));
    return true;
}

static bool number_of(const json_t *member, double *value)
{
    *value = json_number_value(member);
    return json_is_number(member) && fabs(*value) <= number_max;
}

static bool read_number(const json_t *object, const char *key, double *value)
{
    return number_of(json_object_get(object, key), value);
}

static bool read_numbers(const json_t *object, const char *key, double values[], size_t count)
{
    const json_t *array = json_object_get(object, key);
    if (!json_is_array(array) || json_array_size(array) != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!number_of(json_array_get(array, i), &values[i]))
            return false;
    return true;
}

static bool read_levels(const json_t *array, struct model_column *column)
{
    if (!json_is_array(array) || json_array_size(array) == 0 ||
        json_array_size(array) > MODEL_LEVELS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *level = json_string_value(json_array_get(array, i));
        if (level == NULL || model_column_add_level(column, level, strlen(level)) != STATUS_OK)
            return false;
    }
    return true;
}

static bool read_column(const json_t *object, struct model_column *column)
{
    char kind[16];
    double direction;
    if (!read_text(object, "name", column->name, sizeof column->name) ||
        !read_text(object, "kind", kind, sizeof kind) ||
        !read_text(object, "group", column->group, sizeof column->group) ||
        !read_number(object, "direction", &direction) || fabs(direction) > 1)
        return false;
    column->direction = (int)direction;
    if (strcmp(kind, "category") == 0) {
        column->kind = MODEL_CATEGORY;
        return read_levels(json_object_get(object, "levels"), column);
    }
    column->kind = MODEL_NUMERIC;
    return strcmp(kind, "numeric") == 0;
}

static bool read_columns(const json_t *array, struct manifest *manifest)
{
    size_t count = json_array_size(array);
    if (count == 0 || count > MODEL_COLUMNS_MAX)
        return false;
    manifest->columns = calloc(count, sizeof *manifest->columns);
    if (manifest->columns == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        manifest->column_count = i + 1; /* what a fault leaves is freed too */
        if (!read_column(json_array_get(array, i), &manifest->columns[i]))
            return false;
    }
    return true;
}

static bool read_calibration(const json_t *object, struct calibration *calibration)
{
    char form[16];
    if (!read_text(object, "form", form, sizeof form) ||
        !read_number(object, "intercept", &calibration->intercept) ||
        !read_number(object, "slope", &calibration->slope))
        return false;
    if (strcmp(form, "isotonic") == 0) {
        calibration->form = CALIBRATION_ISOTONIC;
        calibration->knot_count = json_array_size(json_object_get(object, "from"));
        if (calibration->knot_count > CALIBRATION_KNOTS_MAX ||
            !read_numbers(object, "from", calibration->from, calibration->knot_count) ||
            !read_numbers(object, "to", calibration->to, calibration->knot_count))
            return false;
    } else if (strcmp(form, "platt") == 0) {
        calibration->form = CALIBRATION_PLATT;
    } else {
        return false;
    }
    return calibration_valid(calibration);
}

static bool read_linear(const json_t *object, const struct encoding *encoding,
                        struct linear *linear)
{
    size_t features = encoding->feature_count;
    size_t columns = encoding->column_count;
    return linear_init(linear, features, columns) == STATUS_OK &&
           read_number(object, "intercept", &linear->intercept) &&
           read_numbers(object, "weights", linear->weights, features) &&
           read_numbers(object, "means", linear->means, features) &&
           read_numbers(object, "lows", linear->lows, features) &&
           read_numbers(object, "highs", linear->highs, features) &&
           read_numbers(object, "missing_weights", linear->missing_weights, columns) &&
           read_numbers(object, "missing_rates", linear->missing_rates, columns);
}

static bool read_part(const json_t *object, const struct manifest *manifest,
                      struct manifest_part *part)
{
    const json_t *uses = json_object_get(object, "uses");
    struct encoding encoding;
    if (json_array_size(uses) != manifest->column_count)
        return false;
    part->uses = calloc(manifest->column_count, sizeof *part->uses);
    if (part->uses == NULL)
        return false;
    for (size_t i = 0; i < manifest->column_count; i++)
        part->uses[i] = json_is_true(json_array_get(uses, i));
    if (encoding_init(&encoding, manifest->columns, part->uses, manifest->column_count) !=
        STATUS_OK)
        return false;
    bool fine =
        read_text(object, "trees", part->trees, sizeof part->trees) &&
        read_number(object, "tree_weight", &part->numbers.tree_weight) &&
        part->numbers.tree_weight >= 0 && part->numbers.tree_weight <= 1 &&
        read_linear(json_object_get(object, "linear"), &encoding, &part->numbers.linear) &&
        read_calibration(json_object_get(object, "calibration"), &part->numbers.calibration);
    encoding_free(&encoding);
    return fine;
}

static bool read_parts(const json_t *array, struct manifest *manifest)
{
    size_t count = json_array_size(array);
    if (count == 0 || count > MANIFEST_PARTS_MAX)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!read_part(json_array_get(array, i), manifest, &manifest->parts[i]))
            return false;
    manifest->part_count = count;
    return true;
}

static bool read_hash(const json_t *object, struct hash *hash)
{
    char text[HASH_TEXT_SIZE];
    if (!read_text(object, "hash", text, sizeof text) || strlen(text) != HASH_TEXT_SIZE - 1)
        return false;
    for (size_t i = 0; i < HASH_SIZE; i++) {
        char byte[3] = {text[2 * i], text[2 * i + 1], '\0'};
        if (!isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]))
            return false;
        hash->bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return true;
}

/* A name that leads out of the folder is none of ours. */
static bool read_files(const json_t *array, struct manifest *manifest)
{
    size_t count = json_array_size(array);
    if (count == 0 || count > MODEL_FILES_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct manifest_file *file = &manifest->files[i];
        if (!read_text(json_array_get(array, i), "name", file->name, sizeof file->name) ||
            file->name[0] == '.' || file->name[0] == '\0' || strchr(file->name, '/') != NULL ||
            !read_hash(json_array_get(array, i), &file->hash))
            return false;
    }
    manifest->file_count = count;
    return true;
}

enum status manifest_read(struct slice json, struct manifest *manifest, char reason[REASON_MAX + 1])
{
    double format;
    enum status status = STATUS_OK;
    *manifest = (struct manifest){0};
    json_t *root;
    if (json_read(json, JSON_REJECT_DUPLICATES, &root, NULL) != STATUS_OK)
        return reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": not valid JSON");
    if (!read_number(root, "format", &format))
        status = reason_tell(reason, STATUS_INVALID,
                             MANIFEST_FILE ": not a model's manifest: it has no format");
    else if (format != MANIFEST_FORMAT)
        status = reason_tell(reason, STATUS_INVALID,
                             MANIFEST_FILE
                             ": written in a format that this version of ecs does not read");
    else if (!read_text(root, "name", manifest->name, sizeof manifest->name))
        status = reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": name is missing or too long");
    else if (!read_columns(json_object_get(root, "columns"), manifest))
        status = reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": columns are at fault");
    else if (!read_parts(json_object_get(root, "parts"), manifest))
        status = reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": parts are at fault");
    else if (!read_files(json_object_get(root, "files"), manifest))
        status = reason_tell(reason, STATUS_INVALID, MANIFEST_FILE ": files are at fault");
    json_decref(root);
    if (status != STATUS_OK)
        manifest_free(manifest);
    return status;
}

/* So many digits give the same double back. */
static void put_number(struct buf *json, const char *key, double value)
{
    char text[32];
    int size = snprintf(text, sizeof text, "%.17g", value);
    json_put_raw(json, key, (struct slice){text, (size_t)size});
}

static void put_numbers(struct buf *json, const char *key, const double values[], size_t count)
{
    json_put_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        put_number(json, NULL, values[i]);
    json_put_close(json, ']');
}

static void put_column(struct buf *json, const struct model_column *column)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "name", column->name);
    json_put_text(json, "kind", column->kind == MODEL_CATEGORY ? "category" : "numeric");
    json_put_text(json, "group", column->group);
    json_put_integer(json, "direction", column->direction);
    if (column->kind == MODEL_CATEGORY) {
        json_put_open(json, "levels", '[');
        for (size_t i = 0; i < column->level_count; i++)
            json_put_text(json, NULL, column->levels[i]);
        json_put_close(json, ']');
    }
    json_put_close(json, '}');
}

static void put_linear(struct buf *json, const char *key, const struct linear *linear)
{
    json_put_open(json, key, '{');
    put_number(json, "intercept", linear->intercept);
    put_numbers(json, "weights", linear->weights, linear->feature_count);
    put_numbers(json, "means", linear->means, linear->feature_count);
    put_numbers(json, "lows", linear->lows, linear->feature_count);
    put_numbers(json, "highs", linear->highs, linear->feature_count);
    put_numbers(json, "missing_weights", linear->missing_weights, linear->column_count);
    put_numbers(json, "missing_rates", linear->missing_rates, linear->column_count);
    json_put_close(json, '}');
}

static void put_calibration(struct buf *json, const char *key,
                            const struct calibration *calibration)
{
    bool isotonic = calibration->form == CALIBRATION_ISOTONIC;
    json_put_open(json, key, '{');
    json_put_text(json, "form", isotonic ? "isotonic" : "platt");
    put_number(json, "intercept", calibration->intercept);
    put_number(json, "slope", calibration->slope);
    if (isotonic) {
        put_numbers(json, "from", calibration->from, calibration->knot_count);
        put_numbers(json, "to", calibration->to, calibration->knot_count);
    }
    json_put_close(json, '}');
}

static void put_part(struct buf *json, const struct manifest *manifest,
                     const struct manifest_part *part)
{
    json_put_open(json, NULL, '{');
    json_put_open(json, "uses", '[');
    for (size_t i = 0; i < manifest->column_count; i++)
        json_put_boolean(json, NULL, part->uses[i]);
    json_put_close(json, ']');
    json_put_text(json, "trees", part->trees);
    put_number(json, "tree_weight", part->numbers.tree_weight);
    put_linear(json, "linear", &part->numbers.linear);
    put_calibration(json, "calibration", &part->numbers.calibration);
    json_put_close(json, '}');
}

static void manifest_write(const struct manifest *manifest, struct buf *json)
{
    char hash[HASH_TEXT_SIZE];
    json_put_open(json, NULL, '{');
    json_put_integer(json, "format", MANIFEST_FORMAT);
    json_put_text(json, "name", manifest->name);
    json_put_open(json, "columns", '[');
    for (size_t i = 0; i < manifest->column_count; i++)
        put_column(json, &manifest->columns[i]);
    json_put_close(json, ']');
    assert(manifest->part_count > 0 && manifest->part_count <= MANIFEST_PARTS_MAX);
    json_put_open(json, "parts", '[');
    for (size_t i = 0; i < manifest->part_count; i++)
        put_part(json, manifest, &manifest->parts[i]);
    json_put_close(json, ']');
    assert(manifest->file_count <= MODEL_FILES_MAX);
    json_put_open(json, "files", '[');
    for (size_t i = 0; i < manifest->file_count; i++) {
        hash_format(&manifest->files[i].hash, hash);
        json_put_open(json, NULL, '{');
        json_put_text(json, "name", manifest->files[i].name);
        json_put_text(json, "hash", hash);
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
    json_put_close(json, '}');
}

enum status manifest_save(const char *folder, struct manifest *manifest,
                          const struct manifest_bytes files[], size_t count, struct hash *hash,
                          char reason[REASON_MAX + 1])
{
    struct buf json;
    enum status status = STATUS_OK;
    assert(count <= MODEL_FILES_MAX);
    manifest->file_count = count;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct manifest_file *file = &manifest->files[i];
        snprintf(file->name, sizeof file->name, "%s", files[i].name);
        file->hash = hash_of(&files[i].bytes, 1);
        status = manifest_file_write(folder, files[i].name, files[i].bytes, reason);
    }
    if (status != STATUS_OK)
        return status;
    buf_init(&json, MODEL_FILE_MAX);
    manifest_write(manifest, &json);
    struct slice bytes = buf_slice(&json);
    *hash = hash_of(&bytes, 1);
    if (json.overflowed) {
        status = reason_tell(reason, STATUS_TOO_LARGE, "the manifest is too large");
    } else {
        status = manifest_file_write(folder, MANIFEST_FILE, bytes, reason);
    }
    buf_free(&json);
    return status;
}

enum { PATH_SIZE = 4096 };

/* Names a file and what the system says of it; for returning. */
static enum status file_fault(char reason[REASON_MAX + 1], const char *folder, const char *name)
{
    return reason_tell(reason, errno == ENOENT ? STATUS_NOT_FOUND : STATUS_UNAVAILABLE,
                       "%.80s/%.64s: %s", folder, name, strerror(errno));
}

/* `folder` is one that the binary carries. */
static enum status embedded_read(const char *folder, const char *name, struct buf *bytes)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const struct embedded_file *file = embedded_file_find(path);
    if (file == NULL) {
        errno = ENOENT;
        return STATUS_NOT_FOUND;
    }
    buf_append(bytes, file->data, file->size);
    return STATUS_OK;
}

enum status manifest_file_read(const char *folder, const char *name, struct buf *bytes,
                               char reason[REASON_MAX + 1])
{
    char path[PATH_SIZE];
    char chunk[16 * 1024];
    if (strncmp(folder, EMBEDDED_PREFIX, sizeof EMBEDDED_PREFIX - 1) == 0) {
        enum status found = embedded_read(folder + sizeof EMBEDDED_PREFIX - 1, name, bytes);
        return found == STATUS_OK ? found : file_fault(reason, folder, name);
    }
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return file_fault(reason, folder, name);
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;)
        buf_append(bytes, chunk, size);
    enum status status = ferror(file) ? file_fault(reason, folder, name) : STATUS_OK;
    fclose(file);
    if (status == STATUS_OK && bytes->overflowed)
        status = reason_tell(reason, STATUS_TOO_LARGE, "%.80s/%.64s: larger than %zu bytes", folder,
                             name, bytes->max);
    return status;
}

enum status manifest_file_write(const char *folder, const char *name, struct slice bytes,
                                char reason[REASON_MAX + 1])
{
    char path[PATH_SIZE];
    char draft[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    snprintf(draft, sizeof draft, "%s/.%s.new", folder, name);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST) {
        (void)file_fault(reason, folder, name);
        return STATUS_UNAVAILABLE;
    }
    FILE *file = fopen(draft, "we");
    bool fine = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    fine = fine && fflush(file) == 0 && fsync(fileno(file)) == 0;
    if (file != NULL)
        fine = fclose(file) == 0 && fine;
    if (fine && rename(draft, path) == 0)
        return STATUS_OK;
    (void)file_fault(reason, folder, name);
    return STATUS_UNAVAILABLE;
}
