/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the role credit-analysis share.
 */
#ifndef ECS_ROLES_CREDIT_ANALYSIS_H
#define ECS_ROLES_CREDIT_ANALYSIS_H

#include "roles/role.h"

/* 503 with Retry-After: the model failed. */
void answer_model_failed(struct response *response);

/* credit_analysis_inference.c: the Open Inference Protocol. */
void inference_live(struct role_context *context, struct exchange *exchange);
void inference_ready(struct role_context *context, struct exchange *exchange);
void inference_model(struct role_context *context, struct exchange *exchange);
void inference_model_ready(struct role_context *context, struct exchange *exchange);
void inference_infer(struct role_context *context, struct exchange *exchange);

#endif
