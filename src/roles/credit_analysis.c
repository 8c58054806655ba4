/* SPDX-License-Identifier: Apache-2.0
 *
 * Role credit-analysis: POST /v1/predict, features → risk, by the model in this process. Other
 * processes ask it through their breaker; it has none itself.
 */
#include "base/json_put.h"
#include "roles/features_schema.h"
#include "roles/role.h"
#include "wire/features_json.h"

static void answer(const struct score *score, struct buf *json)
{
    json_put_open(json, '{');
    json_put_key(json, "risk_score");
    json_put_decimal(json, score->risk, 6);
    json_put_key(json, "model");
    json_put_text(json, score->model);
    json_put_close(json, '}');
}

static void predict(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct field_errors errors;
    char reason[REASON_MAX + 1];
    struct features features;
    struct score score;
    enum status status = features_decode(exchange->request.body, &features, &errors, reason);
    if (status == STATUS_INVALID) {
        response_field_errors(response, &errors);
        return;
    }
    if (status != STATUS_OK) {
        response_error(response, status, reason);
        return;
    }
    status = scorer_score(context->model, &features, &score);
    if (status == STATUS_OK) {
        answer(&score, &response->body);
    } else {
        response_error(response, STATUS_UNAVAILABLE, "The model cannot score.");
        response->retry_after_s = 1;
    }
}

static const char response_schema[] =
    "{\"type\":\"object\",\"required\":[\"risk_score\",\"model\"],\"properties\":{"
    "\"risk_score\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
    "\"model\":{\"type\":\"string\",\"description\":\"Name and version of the model.\"}}}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/predict",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .internal = true,
        .handle = predict,
        .summary = "The risk that a person with these features does not pay back.",
        .request_schema = FEATURES_SCHEMA_TEXT,
        .success = 200,
        .response_schema = response_schema,
    },
};

const struct role role_credit_analysis = {
    .name = "credit-analysis",
    .summary = "answers how risky a person with given features is",
    .uses = USES_MODEL,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
