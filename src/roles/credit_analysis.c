/* SPDX-License-Identifier: Apache-2.0
 *
 * Role credit-analysis: POST /v1/predict, features → risk, by the model in this process, and the
 * same by the Open Inference Protocol. Other processes ask it through their breaker; it has none
 * itself.
 */
#include <stdlib.h>

#include "roles/answers.h"
#include "roles/role.h"
#include "wire/score_json.h"

static const char unscored[] = "The model cannot score.";

static void predict(struct role_context *context, struct exchange *exchange)
{
    struct response *response = &exchange->response;
    struct refusal refusal;
    struct question question;
    struct score score;
    if (score_question_decode(exchange->request.body, &question, &refusal) != STATUS_OK)
        answer_refused(response, &refusal);
    else if (scorer_score(context->model, &question, &score) == STATUS_OK)
        score_encode(&score, &response->body);
    else
        answer_unavailable(response, unscored);
}

/* By the Open Inference Protocol, so that clients of any model server can ask this one. */

static void infer_live(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    buf_text(&exchange->response.body, "{\"live\":true}");
}

static void infer_ready(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    buf_text(&exchange->response.body, "{\"ready\":true}");
}

/* True if the path names the one model there is; else answers. */
static bool model_is_known(struct exchange *exchange)
{
    if (slice_equals(exchange->request.path_parameters[0], INFER_MODEL))
        return true;
    response_error(&exchange->response, STATUS_NOT_FOUND, "There is one model: " INFER_MODEL ".");
    return false;
}

static void infer_model(struct role_context *context, struct exchange *exchange)
{
    if (model_is_known(exchange))
        score_metadata_encode(scorer_model(context->model), &exchange->response.body);
}

static void infer_model_ready(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    if (model_is_known(exchange))
        buf_text(&exchange->response.body, "{\"name\":\"" INFER_MODEL "\",\"ready\":true}");
}

static enum status score_all(struct scorer *model, const struct infer_request *request,
                             struct score scores[])
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < request->count && status == STATUS_OK; i++) {
        struct question question = {.features = request->rows[i],
                                    .guard = GUARD_FULL,
                                    .emotions_known = true,
                                    .approve_to = -1};
        status = scorer_score(model, &question, &scores[i]);
    }
    return status;
}

static void infer(struct role_context *context, struct exchange *exchange)
{
    struct inference_work {
        struct infer_request request;
        struct score scores[INFER_ROWS_MAX];
    };
    struct response *response = &exchange->response;
    struct refusal refusal;
    if (!model_is_known(exchange))
        return;
    struct inference_work *work = malloc(sizeof *work);
    if (work == NULL) {
        answer_unavailable(response, unscored);
        return;
    }
    if (infer_request_decode(exchange->request.body, &work->request, &refusal) != STATUS_OK)
        answer_refused(response, &refusal);
    else if (score_all(context->model, &work->request, work->scores) == STATUS_OK)
        score_tensors_encode(&work->request, work->scores, &response->body);
    else
        answer_unavailable(response, unscored);
    free(work);
}

#define ENDPOINT(verb, template, function, text, request, response)                                \
    {                                                                                              \
        .method = (verb), .path = (template), .auth = AUTH_NONE, .internal = true,                 \
        .handle = (function), .summary = (text), .request_schema = (request),                      \
        .response_schema = (response)                                                              \
    }

static const struct endpoint endpoints[] = {
    ENDPOINT(METHOD_POST, "/v1/predict", predict,
             "The risk that a person with these features does not pay back.",
             "openapi/question.json", "openapi/score.json"),
    ENDPOINT(METHOD_GET, "/v2/health/live", infer_live, "True: the server runs.", NULL,
             "openapi/object.json"),
    ENDPOINT(METHOD_GET, "/v2/health/ready", infer_ready, "True: models can be asked.", NULL,
             "openapi/object.json"),
    ENDPOINT(METHOD_GET, "/v2/models/{model}", infer_model,
             "The model's version, inputs and outputs. The one model is credit-risk.", NULL,
             "openapi/object.json"),
    ENDPOINT(METHOD_GET, "/v2/models/{model}/ready", infer_model_ready,
             "True: the model can be asked.", NULL, "openapi/object.json"),
    ENDPOINT(METHOD_POST, "/v2/models/{model}/infer", infer,
             "Risks of up to 256 rows of features, as tensors.", "openapi/tensors.json",
             "openapi/object.json"),
};

const struct role role_credit_analysis = {
    .name = "credit-analysis",
    .summary = "answers how risky a person with given features is",
    .uses = USES_MODEL,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
};
