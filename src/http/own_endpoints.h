/* SPDX-License-Identifier: Apache-2.0
 *
 * What every server answers by itself, whatever its roles: /healthz, /readyz, /metrics,
 * /openapi.json.
 */
#ifndef ECS_HTTP_OWN_ENDPOINTS_H
#define ECS_HTTP_OWN_ENDPOINTS_H

#include "http/server.h"

extern const struct endpoint_table own_endpoints;

#endif
