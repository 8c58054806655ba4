/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/field_errors.h"

#include <stdio.h>
#include <string.h>

#include "base/json_put.h"

/* "body.amount" as ["body", "amount"]. */
static void loc_write(const char *loc, struct buf *json)
{
    json_put_open(json, NULL, '[');
    while (*loc != '\0') {
        size_t size = strcspn(loc, ".");
        json_put_bytes(json, NULL, (struct slice){loc, size});
        loc += size + (loc[size] == '.');
    }
    json_put_close(json, ']');
}

void field_errors_write(const struct field_errors *errors, struct buf *json)
{
    json_put_open(json, NULL, '[');
    for (size_t i = 0; i < errors->count; i++) {
        const struct field_error *error = &errors->items[i];
        json_put_open(json, NULL, '{');
        json_put_text(json, "type", error->type);
        json_put_key(json, "loc");
        loc_write(error->loc, json);
        json_put_text(json, "msg", error->message);
        json_put_raw(json, "input", slice_of(error->input));
        json_put_close(json, '}');
    }
    json_put_close(json, ']');
}

void field_errors_reason(const struct field_errors *errors, char reason[REASON_MAX + 1])
{
    size_t size = 0;
    reason[0] = '\0';
    for (size_t i = 0; i < errors->count && size < REASON_MAX; i++) {
        const struct field_error *error = &errors->items[i];
        const char *loc = error->loc;
        if (strncmp(loc, "body.", strlen("body.")) == 0)
            loc += strlen("body.");
        int written = snprintf(reason + size, REASON_MAX + 1 - size, "%s%s: %s", i == 0 ? "" : "; ",
                               loc, error->message);
        size += written > 0 ? (size_t)written : 0;
    }
}
