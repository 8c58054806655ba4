/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the role credit-analysis share.
 */
#ifndef ECS_ROLES_CREDIT_ANALYSIS_H
#define ECS_ROLES_CREDIT_ANALYSIS_H

#include "roles/role.h"

/* 503 with Retry-After: the model failed. */
void credit_analysis_failed(struct response *response);

/* credit_analysis_inference.c: the Open Inference Protocol. */
void credit_analysis_live(struct role_context *context, struct exchange *exchange);
void credit_analysis_ready(struct role_context *context, struct exchange *exchange);
void credit_analysis_model(struct role_context *context, struct exchange *exchange);
void credit_analysis_model_ready(struct role_context *context, struct exchange *exchange);
void credit_analysis_infer(struct role_context *context, struct exchange *exchange);

#endif
