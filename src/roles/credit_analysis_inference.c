/* SPDX-License-Identifier: Apache-2.0
 *
 * The Open Inference Protocol, so that clients of any model server can ask this one.
 */
#include <stdlib.h>

#include "base/json_put.h"
#include "roles/credit_analysis.h"
#include "wire/infer_json.h"

static void answer_flag(struct response *response, const char *name)
{
    json_put_open(&response->body, NULL, '{');
    json_put_boolean(&response->body, name, true);
    json_put_close(&response->body, '}');
}

void credit_analysis_live(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    answer_flag(&exchange->response, "live");
}

void credit_analysis_ready(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    answer_flag(&exchange->response, "ready");
}

/* True if the path names the one model there is; else answers. */
static bool model_is_known(struct exchange *exchange)
{
    if (slice_equals(exchange->request.path_parameters[0], INFER_MODEL))
        return true;
    response_error(&exchange->response, STATUS_NOT_FOUND, "There is one model: " INFER_MODEL ".");
    return false;
}

void credit_analysis_model(struct role_context *context, struct exchange *exchange)
{
    if (model_is_known(exchange))
        infer_metadata_encode(scorer_model(context->model), &exchange->response.body);
}

void credit_analysis_model_ready(struct role_context *context, struct exchange *exchange)
{
    (void)context;
    if (!model_is_known(exchange))
        return;
    json_put_open(&exchange->response.body, NULL, '{');
    json_put_text(&exchange->response.body, "name", INFER_MODEL);
    json_put_boolean(&exchange->response.body, "ready", true);
    json_put_close(&exchange->response.body, '}');
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

void credit_analysis_infer(struct role_context *context, struct exchange *exchange)
{
    struct inference_work {
        struct infer_request request;
        struct score scores[INFER_ROWS_MAX];
    };
    struct response *response = &exchange->response;
    struct field_errors errors;
    char reason[REASON_MAX + 1];
    if (!model_is_known(exchange))
        return;
    struct inference_work *work = malloc(sizeof *work);
    if (work == NULL) {
        credit_analysis_failed(response);
        return;
    }
    enum status status =
        infer_request_decode(exchange->request.body, &work->request, &errors, reason);
    if (status == STATUS_INVALID)
        response_field_errors(response, &errors);
    else if (status != STATUS_OK)
        response_error(response, status, reason);
    else if (score_all(context->model, &work->request, work->scores) == STATUS_OK)
        infer_answer_encode(&work->request, work->scores, &response->body);
    else
        credit_analysis_failed(response);
    free(work);
}
