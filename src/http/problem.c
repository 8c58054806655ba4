/* SPDX-License-Identifier: Apache-2.0 */
#include "http/problem.h"

#include "base/json_put.h"
#include "wire/field_errors.h"

const char problem_content_type[] = "application/problem+json";

/* Opens the document up to the value of `detail`. */
static void problem_open(struct response *response)
{
    buf_clear(&response->body);
    json_put_open(&response->body, '{');
    json_put_key(&response->body, "detail");
}

static void problem_close(struct response *response, enum status status)
{
    struct buf *json = &response->body;
    json_put_key(json, "type");
    json_put_text(json, "about:blank");
    json_put_key(json, "title");
    json_put_text(json, status_title(status));
    json_put_key(json, "status");
    json_put_integer(json, status_http(status));
    json_put_close(json, '}');
    response->http_status = status_http(status);
    response->content_type = problem_content_type;
}

void response_error(struct response *response, enum status status, const char *detail)
{
    problem_open(response);
    json_put_text(&response->body, detail);
    problem_close(response, status);
}

void response_field_errors(struct response *response, const struct field_errors *errors)
{
    problem_open(response);
    field_errors_write(errors, &response->body);
    problem_close(response, STATUS_INVALID);
}

void problem_add_instance(struct response *response, struct slice path)
{
    struct buf *json = &response->body;
    if (json->overflowed || json->size == 0)
        return;
    json->size--; /* the closing brace */
    json->comma = true;
    json_put_key(json, "instance");
    json_put_bytes(json, path);
    json_put_close(json, '}');
}
