/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides of the Open Inference Protocol, version 2, as KServe and other model servers speak
 * it: rows of features as tensors, and their risks.
 *
 * A request has one tensor "features" of shape [rows, FEATURE_COUNT], in the order of features.def,
 * or one tensor of shape [rows] or [rows, 1] for each feature, by its name. Values are in the units
 * of /v1/predict: money in units of currency, shares from 0 to 1. A feature without a tensor is as
 * of somebody of whom nothing is known.
 */
#ifndef ECS_WIRE_INFER_JSON_H
#define ECS_WIRE_INFER_JSON_H

#include "base/buf.h"
#include "domain/scoring.h"
#include "wire/fields.h"

#define INFER_MODEL "credit-risk" /* what the model is called in paths; its version says which */
enum { INFER_ROWS_MAX = 256, INFER_ID_MAX = 64 };

struct infer_request {
    char id[INFER_ID_MAX + 1]; /* empty if none came */
    size_t count;              /* 1 to INFER_ROWS_MAX */
    struct features rows[INFER_ROWS_MAX];
};

/* MALFORMED: `reason` tells where. INVALID: `errors` tells which fields. */
MUST_CHECK enum status infer_request_decode(struct slice text, struct infer_request *request,
                                            struct field_errors *errors,
                                            char reason[REASON_MAX + 1]);
void infer_request_encode(const struct features rows[], size_t count, struct buf *json);

/* Outputs risk_score and risk_score_financial, a value for each row. */
void infer_answer_encode(const struct infer_request *request, const struct score scores[],
                         struct buf *json);
/* Reads the output risk_score, or the only one. INVALID: there is none, or it has not `count`
 * values, each 0 to 1. `model` is the version; empty if none came. */
MUST_CHECK enum status infer_answer_decode(struct slice text, int32_t risks[], size_t count,
                                           char model[MODEL_NAME_MAX + 1]);

/* What GET /v2/models/{model} answers. */
void infer_metadata_encode(const char *version, struct buf *json);

#endif
