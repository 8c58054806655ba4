/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides of POST /v1/predict: a question about a person, and the score that answers it. And
 * both sides of the Open Inference Protocol, version 2, as KServe and other model servers speak it:
 * rows of features as tensors, and their risks.
 */
#ifndef ECS_WIRE_SCORE_JSON_H
#define ECS_WIRE_SCORE_JSON_H

#include "base/buf.h"
#include "domain/scoring.h"
#include "wire/fields.h"

/* The features by name; `emotion_guard` and `approve_to` beside them. */
void score_question_encode(const struct question *question, struct buf *json);
/* Clients of the former system send four features and nothing else: without `emotion_guard` the
 * risk of all features decides. */
MUST_CHECK enum status score_question_decode(struct slice text, struct question *question,
                                             struct refusal *refusal);

void score_encode(const struct score *score, struct buf *json);
/* Reads what a model service answered; it may know no more than `risk_score`, and then both risks
 * are that one and `one_risk` is set. INVALID: the risk is missing, not a number or outside 0 to 1;
 * nothing else is ever at fault, it is left out. */
MUST_CHECK enum status score_decode(struct slice text, struct score *score, bool *one_risk);

/* {"change", "percent", "risk_score", "text"}, or null. */
void score_nearest_encode(const struct nearest *nearest, struct buf *json);

#define INFER_MODEL "credit-risk" /* what the model is called in paths; its version says which */
enum { INFER_ROWS_MAX = 256, INFER_ID_MAX = 64 };

/* A request has one tensor "features" of shape [rows, FEATURE_COUNT], in the order of features.def,
 * or one tensor of shape [rows] or [rows, 1] for each feature, by its name. Values are in the units
 * of /v1/predict: money in units of currency, shares from 0 to 1. A feature without a tensor is as
 * of somebody of whom nothing is known. */
struct infer_request {
    char id[INFER_ID_MAX + 1]; /* empty if none came */
    size_t count;              /* 1 to INFER_ROWS_MAX */
    struct features rows[INFER_ROWS_MAX];
};

MUST_CHECK enum status infer_request_decode(struct slice text, struct infer_request *request,
                                            struct refusal *refusal);
void infer_request_encode(const struct features rows[], size_t count, struct buf *json);

/* Outputs risk_score and risk_score_financial, a value for each row. */
void score_tensors_encode(const struct infer_request *request, const struct score scores[],
                          struct buf *json);
/* Reads the output risk_score, or the only one. INVALID: there is none, or it has not `count`
 * values, each 0 to 1. `model` is the version; empty if none came. */
MUST_CHECK enum status score_tensors_decode(struct slice text, int32_t risks[], size_t count,
                                            char model[MODEL_NAME_MAX + 1]);

/* What GET /v2/models/{model} answers. */
void score_metadata_encode(const char *version, struct buf *json);

#endif
