/* SPDX-License-Identifier: Apache-2.0 */
#include "http/problem.h"

#include "base/json_put.h"
#include "wire/field_errors.h"

const char problem_content_type[] = "application/problem+json";

void problem_close(struct buf *json, int http_status, const char *title)
{
    json_put_text(json, "type", "about:blank");
    json_put_text(json, "title", title);
    json_put_integer(json, "status", http_status);
    json_put_close(json, '}');
}

static void response_close(struct response *response, enum status status)
{
    problem_close(&response->body, status_http(status), status_title(status));
    response->http_status = status_http(status);
    response->content_type = problem_content_type;
}

void response_error(struct response *response, enum status status, const char *detail)
{
    buf_clear(&response->body);
    json_put_open(&response->body, NULL, '{');
    json_put_text(&response->body, "detail", detail);
    response_close(response, status);
}

void response_field_errors(struct response *response, const struct field_errors *errors)
{
    buf_clear(&response->body);
    json_put_open(&response->body, NULL, '{');
    json_put_key(&response->body, "detail");
    field_errors_write(errors, &response->body);
    response_close(response, STATUS_INVALID);
}

void problem_add_instance(struct response *response, struct slice path)
{
    struct buf *json = &response->body;
    if (json->overflowed || json->size == 0)
        return;
    json->size--; /* the closing brace */
    json->comma = true;
    json_put_bytes(json, "instance", path);
    json_put_close(json, '}');
}
