/* SPDX-License-Identifier: Apache-2.0
 *
 * Role credit-analysis: POST /v1/predict, features → risk, by the model in this process. Other
 * processes ask it through their breaker; it has none itself.
 */
#include "roles/role.h"
#include "wire/score_json.h"

static void predict(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct field_errors errors;
    char reason[REASON_MAX + 1];
    struct question question;
    struct score score;
    enum status status = question_decode(exchange->request.body, &question, &errors, reason);
    if (status == STATUS_INVALID) {
        response_field_errors(response, &errors);
        return;
    }
    if (status != STATUS_OK) {
        response_error(response, status, reason);
        return;
    }
    status = scorer_score(context->model, &question, &score);
    if (status == STATUS_OK) {
        score_encode(&score, &response->body);
    } else {
        response_error(response, STATUS_UNAVAILABLE, "The model cannot score.");
        response->retry_after_s = 1;
    }
}

#define RISK_SCHEMA "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}"

static const char request_schema[] =
    "{\"type\":\"object\",\"description\":\"Every feature by its name, in its unit; of whom "
    "nothing is "
    "known where it is missing.\",\"required\":[\"transaction_count_30d\","
    "\"avg_transaction_value_30d\",\"avg_positivity_7d\",\"stress_events_30d\"],\"properties\":{"
    "\"emotion_guard\":{\"enum\":[\"may_only_help\",\"full\",\"off\"],\"default\":\"full\"},"
    "\"approve_to\":" RISK_SCHEMA "},\"additionalProperties\":{\"type\":\"number\"}}";

static const char response_schema[] =
    "{\"type\":\"object\",\"required\":[\"risk_score\",\"model\"],\"properties\":{"
    "\"risk_score\":" RISK_SCHEMA ",\"risk_score_full\":" RISK_SCHEMA
    ",\"risk_score_financial\":" RISK_SCHEMA ",\"basis\":{\"enum\":[\"full\",\"financial\"]},"
    "\"model\":{\"type\":\"string\",\"description\":\"Name and version of the model.\"},"
    "\"attributions\":{\"type\":\"object\",\"description\":\"What each feature adds to the "
    "log-odds.\","
    "\"additionalProperties\":{\"type\":\"number\"}},"
    "\"nearest_approval\":{\"type\":[\"object\",\"null\"]}}}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/predict",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .internal = true,
        .handle = predict,
        .summary = "The risk that a person with these features does not pay back.",
        .request_schema = request_schema,
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
