/* SPDX-License-Identifier: Apache-2.0
 *
 * Both sides of POST /v1/predict: a question about a person, and the score that answers it.
 */
#ifndef ECS_WIRE_SCORE_JSON_H
#define ECS_WIRE_SCORE_JSON_H

#include "base/buf.h"
#include "domain/scoring.h"
#include "wire/fields.h"

/* The features by name; `emotion_guard` and `approve_to` beside them. */
void score_question_encode(const struct question *question, struct buf *json);
/* Clients of the former system send four features and nothing else: without `emotion_guard` the
 * risk of all features decides. MALFORMED: `reason` tells where. INVALID: `errors` tells which
 * fields. */
MUST_CHECK enum status score_question_decode(struct slice text, struct question *question,
                                             struct field_errors *errors,
                                             char reason[REASON_MAX + 1]);

void score_encode(const struct score *score, struct buf *json);
/* Reads what a model service answered; it may know no more than `risk_score`, and then both risks
 * are that one and `one_risk` is set. INVALID: the risk is missing, not a number or outside 0 to 1;
 * nothing else is ever at fault, it is left out. */
MUST_CHECK enum status score_decode(struct slice text, struct score *score, bool *one_risk);

/* What is not 0, by feature: log-odds with six decimals. */
void score_weights_encode(const int32_t weights[FEATURE_COUNT], struct buf *json);

/* {"change", "percent", "risk_score", "text"}, or null. */
void score_nearest_encode(const struct nearest *nearest, struct buf *json);

#endif
