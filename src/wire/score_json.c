/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/score_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json_put.h"
#include "wire/features_json.h"

enum { RISK_PLACES = 6, NAME_MAX_LENGTH = 32 };

static void put_risk(struct buf *json, const char *key, int32_t risk)
{
    json_put_decimal(json, key, risk, RISK_PLACES);
}

void score_question_encode(const struct question *question, struct buf *json)
{
    json_put_open(json, NULL, '{');
    features_encode(&question->features, json);
    json_put_text(json, "emotion_guard", emotion_guard_name(question->guard));
    if (question->approve_to >= 0)
        put_risk(json, "approve_to", question->approve_to);
    json_put_close(json, '}');
}

static bool guard_read(const struct fields *fields, struct question *question)
{
    char name[NAME_MAX_LENGTH + 1];
    if (!field_text(fields, "emotion_guard", FIELD_OPTIONAL, 1, NAME_MAX_LENGTH, name))
        return false;
    question->guard = GUARD_FULL;
    question->emotions_known = true;
    if (name[0] == '\0')
        return true;
    question->emotions_known = features_emotions_known(&question->features);
    if (emotion_guard_parse(name, &question->guard))
        return true;
    field_error_add(fields, "emotion_guard", "literal_error",
                    "Input should be 'may_only_help', 'full' or 'off'", NULL);
    return false;
}

enum status score_question_decode(struct slice text, struct question *question,
                                  struct field_errors *errors, char reason[REASON_MAX + 1])
{
    json_t *root;
    enum status status = fields_document(text, &root, errors, reason);
    if (status != STATUS_OK)
        return status;
    struct fields fields = {root, "body", errors};
    int64_t approve_to = -1;
    bool good = features_read(&fields, &question->features);
    good &= guard_read(&fields, question);
    if (json_object_get(root, "approve_to") != NULL)
        good &= field_decimal(&fields, "approve_to", MILLIONTHS, 0, MILLIONTHS, &approve_to);
    question->approve_to = (int32_t)approve_to;
    question->explain = true;
    question->request_id = question->traceparent = NULL;
    json_decref(root);
    return good ? STATUS_OK : STATUS_INVALID;
}

void score_weights_encode(const int32_t weights[FEATURE_COUNT], struct buf *json)
{
    json_put_open(json, NULL, '{');
    for (int i = 0; i < FEATURE_COUNT; i++) {
        if (weights[i] != 0)
            put_risk(json, feature_definitions[i].name, weights[i]);
    }
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
    put_risk(json, "risk_score", score->risk);
    put_risk(json, "risk_score_full", score->risk_full);
    put_risk(json, "risk_score_financial", score->risk_financial);
    json_put_text(json, "basis", risk_basis_name(score->basis));
    json_put_text(json, "model", score->model);
    json_put_key(json, "attributions");
    score_weights_encode(score->weights, json);
    json_put_key(json, "nearest_approval");
    score_nearest_encode(&score->nearest, json);
    json_put_close(json, '}');
}

static bool risk_read(const json_t *object, const char *name, int32_t *risk)
{
    const json_t *value = json_object_get(object, name);
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0 && number <= 1))
        return false;
    *risk = (int32_t)lround(number * MILLIONTHS);
    return true;
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
    char reason[REASON_MAX + 1];
    json_t *root;
    *score = (struct score){0};
    if (fields_parse_object(text, &root, reason) != STATUS_OK)
        return STATUS_INVALID;
    struct field_errors errors = {0};
    struct fields fields = {root, "reply", &errors};
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
    json_decref(root);
    return good ? STATUS_OK : STATUS_INVALID;
}
