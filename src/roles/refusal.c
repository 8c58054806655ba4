/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/refusal.h"

#include "base/json_put.h"

void refuse_document(struct response *response, enum status status,
                     const struct field_errors *errors, const char *reason)
{
    if (errors->count == 0) {
        response_error(response, status, reason);
        return;
    }
    struct buf *json = &response->body;
    response->http_status = status_http(status);
    response->content_type = "application/problem+json";
    buf_clear(json);
    json_put_open(json, '{');
    json_put_key(json, "detail");
    field_errors_write(errors, json);
    json_put_key(json, "type");
    json_put_text(json, "about:blank");
    json_put_key(json, "title");
    json_put_text(json, status_title(status));
    json_put_key(json, "status");
    json_put_integer(json, status_http(status));
    json_put_close(json, '}');
}
