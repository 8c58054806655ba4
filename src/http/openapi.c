/* SPDX-License-Identifier: Apache-2.0 */
#include "http/openapi.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_put.h"
#include "process/file.h"

static void put_member(struct buf *json, const char *key, const char *raw)
{
    json_put_raw(json, key, slice_of(raw));
}

/* The text of a schema, or of another part of the document, by its name, "openapi/user.json". */
static const char *part_text(const char *name)
{
    const struct embedded_file *file = embedded_file_find(name);
    assert(file != NULL);
    return file->data;
}

/* The method and the path, parted by underscores: unique, and a name in any language. */
static void put_operation_id(struct buf *json, const char *method, const char *path)
{
    char id[128];
    size_t size = (size_t)snprintf(id, sizeof id, "%s", method);
    for (const char *at = path; *at != '\0' && size < sizeof id - 1; at++) {
        if (isalnum((unsigned char)*at))
            id[size++] = *at;
        else if (id[size - 1] != '_')
            id[size++] = '_';
    }
    while (id[size - 1] == '_')
        size--;
    assert(size > 0 && size <= sizeof id);
    json_put_bytes(json, "operationId", (struct slice){id, size});
}

static void put_path_parameter(struct buf *json, struct slice name)
{
    json_put_open(json, NULL, '{');
    json_put_bytes(json, "name", name);
    json_put_text(json, "in", "path");
    put_member(json, "required", "true");
    put_member(json, "schema", "{\"type\":\"string\",\"format\":\"uuid\"}");
    json_put_close(json, '}');
}

static void put_parameters(struct buf *json, const struct route *route)
{
    const struct endpoint *endpoint = route->endpoint;
    bool events = endpoint->kind == ENDPOINT_EVENTS;
    if (route->parameter_count == 0 && !endpoint->paged && !endpoint->keyed && !endpoint->resumed &&
        !events)
        return;
    json_put_open(json, "parameters", '[');
    for (const char *at = endpoint->path; (at = strchr(at, '{')) != NULL; at++)
        put_path_parameter(json, (struct slice){at + 1, strcspn(at + 1, "}")});
    if (endpoint->paged) {
        put_member(json, NULL, part_text("openapi/parameter_page.json"));
        put_member(json, NULL, part_text("openapi/parameter_page_size.json"));
    }
    if (endpoint->keyed)
        put_member(json, NULL, part_text("openapi/parameter_idempotency_key.json"));
    if (endpoint->resumed)
        put_member(json, NULL, part_text("openapi/parameter_after.json"));
    if (events)
        put_member(json, NULL, part_text("openapi/parameter_last_event_id.json"));
    json_put_close(json, ']');
}

static void put_security(struct buf *json, enum endpoint_auth auth)
{
    static const char *const securities[] = {
        [AUTH_NONE] = "[]",
        [AUTH_INTERNAL] = "[{\"internalKey\":[]}]",
        [AUTH_USER] = "[{\"token\":[]}]",
        [AUTH_USER_OR_INTERNAL] = "[{\"token\":[]},{\"internalKey\":[]}]",
    };
    put_member(json, "security", securities[auth]);
}

/* One media type of a body: its schema. */
static void put_content(struct buf *json, const char *type, const char *schema)
{
    json_put_open(json, type, '{');
    put_member(json, "schema", schema);
    json_put_close(json, '}');
}

static void put_request_body(struct buf *json, const struct endpoint *endpoint)
{
    if (endpoint->request_schema == NULL)
        return;
    json_put_open(json, "requestBody", '{');
    put_member(json, "required", "true");
    json_put_open(json, "content", '{');
    put_content(json, "application/json", part_text(endpoint->request_schema));
    if (endpoint->batch)
        put_content(json, "application/x-ndjson",
                    "{\"type\":\"string\",\"description\":\"One document a line.\"}");
    json_put_ends(json, "}}");
}

static void put_response(struct buf *json, int http_status, const char *description,
                         const char *type, const char *schema)
{
    char status[16];
    snprintf(status, sizeof status, "%d", http_status);
    json_put_open(json, status, '{');
    json_put_text(json, "description", description);
    json_put_open(json, "content", '{');
    put_content(json, type, schema);
    json_put_ends(json, "}}");
}

static void put_success(struct buf *json, const struct endpoint *endpoint)
{
    static const char text[] = "{\"type\":\"string\"}";
    const char *schema = endpoint->response_schema;
    put_response(json, endpoint_success(endpoint), endpoint->summary,
                 endpoint->kind == ENDPOINT_EVENTS ? "text/event-stream"
                 : schema == NULL                  ? "text/plain"
                                                   : "application/json",
                 schema == NULL ? text : part_text(schema));
}

static void put_problem(struct buf *json, int http_status)
{
    const char *title = "Refused";
    for (int i = 0; i < STATUS_COUNT; i++)
        if (status_http((enum status)i) == http_status)
            title = status_title((enum status)i);
    put_response(json, http_status, title, "application/problem+json",
                 "{\"$ref\":\"#/components/schemas/Problem\"}");
}

/* Whether the endpoint can answer so: by its kind, or because its table says it. */
static bool may_answer(const struct route *route, int http_status)
{
    const struct endpoint *endpoint = route->endpoint;
    bool body = endpoint->request_schema != NULL;
    for (const char *at = endpoint->errors; at != NULL && *at != '\0'; at += strcspn(at, " ")) {
        at += strspn(at, " ");
        if (strtol(at, NULL, 10) == http_status)
            return true;
    }
    switch (http_status) {
    case 400:
        return body || route->parameter_count > 0;
    case 401:
        return endpoint->auth != AUTH_NONE;
    case 403:
        return route->user_parameter >= 0;
    case 413:
    case 415:
        return body;
    case 422:
        return body || endpoint->paged || endpoint->resumed;
    case 429:
        return true;
    case 503:
        return endpoint->kind != ENDPOINT_ASYNC;
    default:
        return false;
    }
}

static void put_responses(struct buf *json, const struct route *route)
{
    json_put_open(json, "responses", '{');
    put_success(json, route->endpoint);
    for (int http_status = 400; http_status < 600; http_status++)
        if (may_answer(route, http_status))
            put_problem(json, http_status);
    json_put_close(json, '}');
}

static void put_operation(struct buf *json, const struct route *route)
{
    const struct endpoint *endpoint = route->endpoint;
    char method[8];
    size_t size = 0;
    for (const char *at = route_method_name(endpoint->method); *at != '\0'; at++)
        method[size++] = (char)tolower((unsigned char)*at);
    method[size] = '\0';
    json_put_open(json, method, '{');
    put_operation_id(json, method, endpoint->path);
    json_put_text(json, "summary", endpoint->summary);
    if (endpoint->internal)
        put_member(json, "x-internal", "true");
    put_security(json, endpoint->auth);
    put_parameters(json, route);
    put_request_body(json, endpoint);
    put_responses(json, route);
    json_put_close(json, '}');
}

/* All methods of the path of route `first`, unless an earlier route has written that path. */
static void put_path(struct buf *json, const struct router *router, size_t first)
{
    const char *path = router->routes[first].endpoint->path;
    for (size_t i = 0; i < first; i++)
        if (strcmp(router->routes[i].endpoint->path, path) == 0)
            return;
    json_put_open(json, path, '{');
    for (size_t i = first; i < router->count; i++)
        if (strcmp(router->routes[i].endpoint->path, path) == 0)
            put_operation(json, &router->routes[i]);
    json_put_close(json, '}');
}

void openapi_write(const struct router *router, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_text(json, "openapi", "3.1.0");
    json_put_open(json, "info", '{');
    json_put_text(json, "title", "ECS, the Empathic Credit System");
    json_put_text(json, "version", ECS_VERSION);
    put_member(json, "license", "{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}");
    json_put_close(json, '}');
    put_member(json, "servers", "[{\"url\":\"/\"}]");
    json_put_open(json, "paths", '{');
    for (size_t i = 0; i < router->count; i++)
        put_path(json, router, i);
    json_put_close(json, '}');
    put_member(json, "components", part_text("openapi/components.json"));
    json_put_close(json, '}');
}
