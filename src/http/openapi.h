/* SPDX-License-Identifier: Apache-2.0
 *
 * endpoint tables → an OpenAPI 3.1 document. The tables are its only source.
 */
#ifndef ECS_HTTP_OPENAPI_H
#define ECS_HTTP_OPENAPI_H

#include "http/router.h"

void openapi_write(const struct router *router, struct buf *json);

#endif
