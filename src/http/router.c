/* SPDX-License-Identifier: Apache-2.0
 *
 * A linear look through some thirty templates, each dismissed by comparing its literal prefix: it
 * costs less than one system call and needs no tree.
 */
#include "http/router.h"

#include <assert.h>
#include <stdio.h>

static const char *const method_names[METHOD_COUNT] = {"GET", "POST", "PUT", "DELETE", "PATCH"};

const char *route_method_name(enum method method)
{
    assert(method < METHOD_COUNT);
    return method_names[method];
}

static enum status route_init(struct route *route, const struct endpoint *endpoint)
{
    *route = (struct route){.endpoint = endpoint, .user_parameter = -1};
    route->prefix_size = strcspn(endpoint->path, "{");
    for (const char *at = endpoint->path; (at = strchr(at, '{')) != NULL; at++) {
        if (route->parameter_count == HTTP_PATH_PARAMETERS_MAX)
            return STATUS_INVALID;
        if (strncmp(at, "{user_id}", strlen("{user_id}")) == 0)
            route->user_parameter = (int)route->parameter_count;
        route->parameter_count++;
    }
    assert(route->user_parameter < (int)route->parameter_count);
    return STATUS_OK;
}

enum status router_init(struct router *router, const struct endpoint_table tables[],
                        size_t table_count)
{
    router->count = 0;
    for (size_t i = 0; i < table_count; i++) {
        for (size_t j = 0; j < tables[i].count; j++) {
            if (router->count == HTTP_ENDPOINTS_MAX)
                return STATUS_INVALID;
            struct route *route = &router->routes[router->count++];
            if (route_init(route, &tables[i].endpoints[j]) != STATUS_OK)
                return STATUS_INVALID;
        }
    }
    return STATUS_OK;
}

static bool path_matches(const struct route *route, struct slice path, struct route_match *match)
{
    const char *template = route->endpoint->path;
    if (path.size < route->prefix_size || memcmp(path.data, template, route->prefix_size) != 0)
        return false;
    const char *at = path.data + route->prefix_size, *end = path.data + path.size;
    template += route->prefix_size;
    for (size_t parameter = 0; *template == '{'; parameter++) {
        assert(parameter < route->parameter_count);
        const char *segment = at;
        while (at < end && *at != '/')
            at++;
        if (at == segment)
            return false;
        match->parameters[parameter] = (struct slice){segment, (size_t)(at - segment)};
        template = strchr(template, '}') + 1;
        size_t literal = strcspn(template, "{");
        if ((size_t)(end - at) < literal || memcmp(at, template, literal) != 0)
            return false;
        at += literal;
        template += literal;
    }
    return at == end;
}

static void allow_add(struct route_match *match, const char *method)
{
    size_t size = strlen(match->allow);
    int added = snprintf(match->allow + size, sizeof match->allow - size, "%s%s",
                         size == 0 ? "" : ", ", method);
    assert(added > 0 && size + (size_t)added < sizeof match->allow);
}

enum status router_match(const struct router *router, const char *method, struct slice path,
                         struct route_match *match)
{
    *match = (struct route_match){0};
    assert(router->count <= HTTP_ENDPOINTS_MAX);
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    for (size_t i = 0; i < router->count; i++) {
        const struct route *route = &router->routes[i];
        if (!path_matches(route, path, match))
            continue;
        const char *name = method_names[route->endpoint->method];
        if (strcmp(method, name) == 0) {
            match->route = route;
            return STATUS_OK;
        }
        allow_add(match, name);
        if (route->endpoint->method == METHOD_GET)
            allow_add(match, "HEAD");
    }
    return match->allow[0] == '\0' ? STATUS_NOT_FOUND : STATUS_METHOD_NOT_ALLOWED;
}
