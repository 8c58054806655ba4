/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/answers.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json_put.h"
#include "store/store.h"
#include "wire/fields.h"

enum { PAGE_SIZE_DEFAULT = 10 };

void answer_refused(struct response *response, const struct refusal *refusal)
{
    if (refusal->errors.count > 0)
        response_field_errors(response, &refusal->errors);
    else
        response_error(response, refusal->status, refusal->reason);
}

void answer_failed(struct response *response, enum status status, const char *missing)
{
    if (status == STATUS_NOT_FOUND) {
        response_error(response, status, missing);
        return;
    }
    response_error(response, STATUS_UNAVAILABLE, "Service unavailable. Please try again later.");
    response->retry_after_s = 1;
}

void answer_limited(struct response *response, const char *detail, int64_t retry_after_us)
{
    response_error(response, STATUS_TOO_MANY_REQUESTS, detail);
    response->retry_after_s = (int)((retry_after_us + SECOND_US - 1) / SECOND_US);
}

/* One whole number of a query, 1 to `max`; untouched if it did not come. */
static bool query_number(const struct fields *fields, const char *name, struct slice text,
                         int64_t max, int64_t *number)
{
    if (text.data == NULL)
        return true;
    char digits[24], message[FIELD_MESSAGE_MAX];
    char *end = digits;
    slice_text(text, digits, sizeof digits);
    errno = 0;
    long long value = strtoll(digits, &end, 10);
    const char *type = NULL;
    if (end == digits || *end != '\0' || text.size >= sizeof digits || errno != 0) {
        type = "int_parsing";
        snprintf(message, sizeof message, "Input should be a valid integer");
    } else if (value < 1) {
        type = "greater_than_equal";
        snprintf(message, sizeof message, "Input should be greater than or equal to 1");
    } else if (value > max) {
        type = "less_than_equal";
        snprintf(message, sizeof message, "Input should be less than or equal to %lld",
                 (long long)max);
    }
    if (type == NULL) {
        *number = value;
        return true;
    }
    json_t *input = json_stringn(text.data, text.size);
    field_error_add(fields, name, type, message, input);
    json_decref(input);
    return false;
}

bool answer_page_read(const struct request *request, struct page *page, struct response *response)
{
    struct field_errors errors = {0};
    struct fields fields = {NULL, "query", &errors};
    int64_t number = 1, size = PAGE_SIZE_DEFAULT;
    bool good = query_number(&fields, "page", request->query_page, PAGE_MAX, &number);
    good &= query_number(&fields, "page_size", request->query_page_size, PAGE_SIZE_MAX, &size);
    *page = (struct page){.offset = (number - 1) * size, .size = size};
    if (!good)
        response_field_errors(response, &errors);
    return good;
}

void answer_page_open(const struct page *page, int64_t total, struct buf *json)
{
    json_put_open(json, NULL, '{');
    json_put_integer(json, "total", total);
    json_put_integer(json, "page", page->offset / page->size + 1);
    json_put_integer(json, "page_size", page->size);
    json_put_open(json, "items", '[');
}

void answer_page_close(struct buf *json)
{
    json_put_close(json, ']');
    json_put_close(json, '}');
}
