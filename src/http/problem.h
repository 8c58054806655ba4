/* SPDX-License-Identifier: Apache-2.0
 *
 * Refusals: {"detail": …} as the seed answers, with the fields of RFC 9457. response_error and
 * response_field_errors are declared in ports/endpoint.h; here is what only the server needs.
 */
#ifndef ECS_HTTP_PROBLEM_H
#define ECS_HTTP_PROBLEM_H

#include "ports/endpoint.h"

/* Adds `instance`, the path that was asked, if the response is a problem. */
void problem_add_instance(struct response *response, struct slice path);

#endif
