/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/score_json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_put.h"
#include "wire/features_json.h"

enum { RISK_PLACES = 6, NAME_MAX_LENGTH = 32, TENSOR_NAME_MAX = 64, LOC_MAX = 48 };

static void put_risk(struct buf *json, const char *key, int32_t risk)
{
    json_put_decimal(json, key, risk, RISK_PLACES);
}

void score_question_encode(const struct question *question, struct buf *json)
{
    assert(question->approve_to >= -1 && question->approve_to <= MILLIONTHS);
    json_put_open(json, NULL, '{');
    features_encode(&question->features, json);
    json_put_text(json, "emotion_guard", emotion_guard_name(question->guard));
    if (question->approve_to >= 0)
        put_risk(json, "approve_to", question->approve_to);
    json_put_close(json, '}');
}

static void guard_read(const struct fields *fields, struct question *question)
{
    char name[NAME_MAX_LENGTH + 1];
    if (!field_text(fields, "emotion_guard", FIELD_OPTIONAL, 1, NAME_MAX_LENGTH, name))
        return;
    question->guard = GUARD_FULL;
    question->emotions_known = true;
    if (name[0] == '\0')
        return;
    question->emotions_known = features_emotions_known(&question->features);
    if (!emotion_guard_parse(name, &question->guard))
        field_refuse(fields, "emotion_guard", "literal_error", NULL,
                     "Input should be 'may_only_help', 'full' or 'off'");
}

enum status score_question_decode(struct slice text, struct question *question,
                                  struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(text, &fields, refusal) != STATUS_OK)
        return refusal->status;
    int64_t approve_to = -1;
    features_read(&fields, &question->features);
    guard_read(&fields, question);
    if (json_object_get(fields.object, "approve_to") != NULL)
        field_decimal(&fields, "approve_to", MILLIONTHS, 0, MILLIONTHS, &approve_to);
    question->approve_to = (int32_t)approve_to;
    question->explain = true;
    question->request_id = question->traceparent = NULL;
    return fields_close(&fields, refusal);
}

/* What is not 0, by feature: log-odds with six decimals. */
static void put_weights(const int32_t weights[FEATURE_COUNT], struct buf *json)
{
    json_put_open(json, NULL, '{');
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (weights[i] != 0)
            put_risk(json, feature_definitions[i].name, weights[i]);
    json_put_close(json, '}');
}

void score_nearest_encode(const struct nearest *nearest, struct buf *json)
{
    if (nearest->lever == LEVER_NONE) {
        json_put_null(json, NULL);
        return;
    }
    char text[128];
    snprintf(text, sizeof text,
             nearest->lever == LEVER_SPEND_LESS
                 ? "Spending %d %% less over the last 90 days would have been approved."
                 : "%d %% more money in over the last 90 days would have been approved.",
             (int)nearest->percent);
    json_put_open(json, NULL, '{');
    json_put_text(json, "change", lever_name(nearest->lever));
    json_put_integer(json, "percent", nearest->percent);
    put_risk(json, "risk_score", nearest->risk);
    json_put_text(json, "text", text);
    json_put_close(json, '}');
}

void score_encode(const struct score *score, struct buf *json)
{
    json_put_open(json, NULL, '{');
    assert(score->risk >= 0 && score->risk <= MILLIONTHS);
    assert(score->risk_full >= 0 && score->risk_full <= MILLIONTHS);
    assert(score->risk_financial >= 0 && score->risk_financial <= MILLIONTHS);
    put_risk(json, "risk_score", score->risk);
    put_risk(json, "risk_score_full", score->risk_full);
    put_risk(json, "risk_score_financial", score->risk_financial);
    json_put_text(json, "basis", risk_basis_name(score->basis));
    json_put_text(json, "model", score->model);
    json_put_key(json, "attributions");
    put_weights(score->weights, json);
    json_put_key(json, "nearest_approval");
    score_nearest_encode(&score->nearest, json);
    json_put_close(json, '}');
}

static bool risk_of(const json_t *value, int32_t *risk)
{
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= 1))
        return false;
    *risk = (int32_t)lround(number * MILLIONTHS);
    return true;
}

static bool risk_read(const json_t *object, const char *name, int32_t *risk)
{
    return risk_of(json_object_get(object, name), risk);
}

static void weights_read(const json_t *object, int32_t weights[FEATURE_COUNT])
{
    enum { LOG_ODDS_MAX = 1000 };
    for (int i = 0; i < FEATURE_COUNT; i++) {
        double number = json_number_value(json_object_get(object, feature_definitions[i].name));
        if (fabs(number) <= LOG_ODDS_MAX)
            weights[i] = (int32_t)lround(number * MILLIONTHS);
    }
}

static void nearest_read(const json_t *object, struct nearest *nearest)
{
    const char *change = json_string_value(json_object_get(object, "change"));
    json_int_t percent = json_integer_value(json_object_get(object, "percent"));
    int32_t risk;
    if (change != NULL && percent > 0 && percent <= NEAREST_MAX_PERCENT &&
        risk_read(object, "risk_score", &risk))
        *nearest = (struct nearest){lever_parse(change), (int32_t)percent, risk};
}

enum status score_decode(struct slice text, struct score *score, bool *one_risk)
{
    struct refusal refusal;
    struct fields fields;
    *score = (struct score){0};
    if (fields_open(text, &fields, &refusal) != STATUS_OK)
        return STATUS_INVALID;
    const json_t *root = fields.object;
    bool good = risk_read(root, "risk_score", &score->risk);
    score->risk_full = score->risk_financial = score->risk;
    *one_risk = !risk_read(root, "risk_score_full", &score->risk_full) ||
                !risk_read(root, "risk_score_financial", &score->risk_financial);
    const char *basis = json_string_value(json_object_get(root, "basis"));
    if (basis != NULL && risk_basis_parse(basis, &score->basis)) {
        weights_read(json_object_get(root, "attributions"), score->weights);
        nearest_read(json_object_get(root, "nearest_approval"), &score->nearest);
    }
    field_text_if_fits(&fields, "model", MODEL_NAME_MAX, score->model);
    return fields_close(&fields, &refusal) == STATUS_OK && good ? STATUS_OK : STATUS_INVALID;
}

/* One tensor of a request while it is read. */
struct tensor {
    struct fields fields;
    const json_t *data;
    size_t rows;
    int first; /* which feature its first column is; it has `columns` of them */
    size_t columns;
};

static bool columns_read(struct tensor *tensor)
{
    char name[TENSOR_NAME_MAX + 1];
    if (!field_text(&tensor->fields, "name", FIELD_REQUIRED, 1, TENSOR_NAME_MAX, name))
        return false;
    bool all = strcmp(name, "features") == 0;
    tensor->first = all ? 0 : feature_named(name);
    tensor->columns = all ? FEATURE_COUNT : 1;
    if (tensor->first >= 0)
        return true;
    return field_refuse(&tensor->fields, "name", "tensor", NULL,
                        "Input should be 'features' or the name of a feature");
}

/* [rows] or [rows, columns]. */
static bool shape_read(struct tensor *tensor)
{
    const json_t *shape = json_object_get(tensor->fields.object, "shape");
    json_int_t rows = json_integer_value(json_array_get(shape, 0));
    size_t columns =
        json_array_size(shape) < 2 ? 1 : (size_t)json_integer_value(json_array_get(shape, 1));
    if (json_array_size(shape) >= 1 && json_array_size(shape) <= 2 && rows >= 1 &&
        rows <= INFER_ROWS_MAX && columns == tensor->columns) {
        tensor->rows = (size_t)rows;
        return true;
    }
    return field_refuse(&tensor->fields, "shape", "tensor", NULL,
                        "Input should be [rows, %zu], 1 to %d rows", tensor->columns,
                        INFER_ROWS_MAX);
}

/* The data are one flat list, or a list of rows. */
static const json_t *value_at(const struct tensor *tensor, size_t row, size_t column)
{
    const json_t *nested = json_array_get(tensor->data, row);
    if (json_is_array(nested))
        return json_array_get(nested, column);
    return json_array_get(tensor->data, row * tensor->columns + column);
}

static bool values_read(const struct tensor *tensor, struct infer_request *request)
{
    assert(tensor->first >= 0 && (size_t)tensor->first + tensor->columns <= FEATURE_COUNT);
    assert(tensor->rows >= 1 && tensor->rows <= INFER_ROWS_MAX);
    for (size_t row = 0; row < tensor->rows; row++) {
        for (size_t column = 0; column < tensor->columns; column++) {
            enum feature feature = (enum feature)(tensor->first + (int)column);
            const json_t *value = value_at(tensor, row, column);
            if (!json_is_number(value) || !feature_from_number(feature, json_number_value(value),
                                                               &request->rows[row].values[feature]))
                return field_refuse(&tensor->fields, "data", "tensor", NULL,
                                    "Input should be a number within the range of %s, at row %zu",
                                    feature_definitions[feature].name, row);
        }
    }
    return true;
}

static bool tensor_read(struct tensor *tensor, struct infer_request *request)
{
    if (!json_is_object(tensor->fields.object))
        return field_refuse(&tensor->fields, "", "tensor", NULL, "Input should be a tensor");
    if (!columns_read(tensor) || !shape_read(tensor))
        return false;
    tensor->data = json_object_get(tensor->fields.object, "data");
    size_t size = json_array_size(tensor->data);
    if (size != tensor->rows * tensor->columns && size != tensor->rows)
        return field_refuse(&tensor->fields, "data", "tensor", NULL,
                            "Input should have as many values as the shape says");
    if (request->count != 0 && request->count != tensor->rows)
        return field_refuse(&tensor->fields, "shape", "tensor", NULL,
                            "All tensors should have the same number of rows");
    request->count = tensor->rows;
    return values_read(tensor, request);
}

enum status infer_request_decode(struct slice text, struct infer_request *request,
                                 struct refusal *refusal)
{
    struct fields fields;
    if (fields_open(text, &fields, refusal) != STATUS_OK)
        return refusal->status;
    const json_t *inputs = json_object_get(fields.object, "inputs");
    struct features empty = features_empty();
    for (size_t i = 0; i < INFER_ROWS_MAX; i++)
        request->rows[i] = empty;
    request->count = 0;
    field_text(&fields, "id", FIELD_OPTIONAL, 0, INFER_ID_MAX, request->id);
    if (json_array_size(inputs) < 1 || json_array_size(inputs) > FEATURE_COUNT)
        field_refuse(&fields, "inputs", "tensor", NULL, "Input should be a list of tensors");
    for (size_t i = 0; i < json_array_size(inputs) && refusal->errors.count == 0; i++) {
        char loc[LOC_MAX];
        snprintf(loc, sizeof loc, "body.inputs.%zu", i);
        struct tensor tensor = {.fields = {json_array_get(inputs, i), loc, fields.errors}};
        tensor_read(&tensor, request);
    }
    return fields_close(&fields, refusal);
}

/* Opens a tensor; -1 rows: any number. */
static void put_tensor_open(struct buf *json, const char *name, int64_t rows, int64_t columns)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "name", name);
    json_put_text(json, "datatype", "FP64");
    json_put_open(json, "shape", '[');
    json_put_integer(json, NULL, rows);
    if (columns > 1)
        json_put_integer(json, NULL, columns);
    json_put_close(json, ']');
}

void infer_request_encode(const struct features rows[], size_t count, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_open(json, "inputs", '[');
    put_tensor_open(json, "features", (int64_t)count, FEATURE_COUNT);
    json_put_open(json, "data", '[');
    for (size_t row = 0; row < count; row++)
        for (int i = 0; i < FEATURE_COUNT; i++)
            feature_put((enum feature)i, rows[row].values[i], json);
    json_put_ends(json, "]}]}");
}

static void put_output(struct buf *json, const char *name, const struct score scores[],
                       size_t count, bool financial)
{
    put_tensor_open(json, name, (int64_t)count, 1);
    json_put_open(json, "data", '[');
    for (size_t i = 0; i < count; i++)
        json_put_decimal(json, NULL, financial ? scores[i].risk_financial : scores[i].risk_full, 6);
    json_put_ends(json, "]}");
}

void score_tensors_encode(const struct infer_request *request, const struct score scores[],
                          struct buf *json)
{
    json_put_open(json, NULL, '{');
    assert(request->count >= 1 && request->count <= INFER_ROWS_MAX);
    json_put_text(json, "model_name", INFER_MODEL);
    json_put_text(json, "model_version", scores[0].model);
    field_text_encode("id", request->id, json);
    json_put_open(json, "outputs", '[');
    put_output(json, "risk_score", scores, request->count, false);
    put_output(json, "risk_score_financial", scores, request->count, true);
    json_put_ends(json, "]}");
}

/* The output of that name; where there is but one, whatever it is called. */
static const json_t *output_data(const json_t *root)
{
    const json_t *outputs = json_object_get(root, "outputs");
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const json_t *output = json_array_get(outputs, i);
        const char *name = json_string_value(json_object_get(output, "name"));
        if (json_array_size(outputs) == 1 || (name != NULL && strcmp(name, "risk_score") == 0))
            return json_object_get(output, "data");
    }
    return NULL;
}

enum status score_tensors_decode(struct slice text, int32_t risks[], size_t count,
                                 char model[MODEL_NAME_MAX + 1])
{
    struct refusal refusal;
    struct fields fields;
    if (fields_open(text, &fields, &refusal) != STATUS_OK)
        return STATUS_INVALID;
    const json_t *data = output_data(fields.object);
    bool good = json_array_size(data) == count;
    for (size_t i = 0; i < count && good; i++) {
        const json_t *value = json_array_get(data, i);
        if (json_is_array(value))
            value = json_array_get(value, 0);
        good = risk_of(value, &risks[i]);
    }
    field_text_if_fits(&fields, "model_version", MODEL_NAME_MAX, model);
    return fields_close(&fields, &refusal) == STATUS_OK && good ? STATUS_OK : STATUS_INVALID;
}

static void put_tensor(struct buf *json, const char *name, int columns)
{
    put_tensor_open(json, name, -1, columns);
    json_put_close(json, '}');
}

void score_metadata_encode(const char *version, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "name", INFER_MODEL);
    json_put_open(json, "versions", '[');
    json_put_text(json, NULL, version);
    json_put_close(json, ']');
    json_put_text(json, "platform", "ecs");
    json_put_open(json, "inputs", '[');
    put_tensor(json, "features", FEATURE_COUNT);
    json_put_close(json, ']');
    json_put_open(json, "outputs", '[');
    put_tensor(json, "risk_score", 1);
    put_tensor(json, "risk_score_financial", 1);
    json_put_ends(json, "]}");
}
