/* SPDX-License-Identifier: Apache-2.0
 *
 * What a decoder refused → the answer that says so.
 */
#ifndef ECS_ROLES_REFUSAL_H
#define ECS_ROLES_REFUSAL_H

#include "base/status.h"
#include "ports/endpoint.h"
#include "wire/field_errors.h"

/* 400 with `reason` if the document was MALFORMED, 422 with the list of `errors` if INVALID. */
void refuse_document(struct response *response, enum status status,
                     const struct field_errors *errors, const char *reason);

#endif
