/* SPDX-License-Identifier: Apache-2.0
 *
 * method and path → endpoint and path parameters. Paths are matched as they came; parameters are
 * still percent-encoded, so that an encoded slash stays inside its segment.
 */
#ifndef ECS_HTTP_ROUTER_H
#define ECS_HTTP_ROUTER_H

#include "http/server.h"

enum { ROUTE_ALLOW_SIZE = 48 };

struct route {
    const struct endpoint *endpoint;
    size_t prefix_size; /* of the template, before its first parameter */
    size_t parameter_count;
    int user_parameter; /* which parameter is {user_id}; -1: none */
};

struct router {
    size_t count;
    struct route routes[HTTP_ENDPOINTS_MAX];
};

struct route_match {
    const struct route *route;
    struct slice parameters[HTTP_PATH_PARAMETERS_MAX];
    char allow[ROUTE_ALLOW_SIZE]; /* METHOD_NOT_ALLOWED: the methods that the path has */
};

/* INVALID if there are too many endpoints, or one has too many parameters. */
MUST_CHECK enum status router_init(struct router *router, const struct endpoint_table tables[],
                                   size_t table_count);
/* NOT_FOUND: no such path. METHOD_NOT_ALLOWED: not with this method. HEAD goes where GET goes. */
MUST_CHECK enum status router_match(const struct router *router, const char *method,
                                    struct slice path, struct route_match *match);
const char *route_method_name(enum method method);

#endif
