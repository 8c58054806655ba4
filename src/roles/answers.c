/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/answers.h"

#include <assert.h>
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
    assert(refusal->status != STATUS_OK);
    assert((refusal->status == STATUS_INVALID) == (refusal->errors.count > 0));
    if (refusal->errors.count > 0)
        response_field_errors(response, &refusal->errors);
    else
        response_error(response, refusal->status, refusal->reason);
}

void answer_unavailable(struct response *response, const char *detail)
{
    response_error(response, STATUS_UNAVAILABLE, detail);
    response->retry_after_s = 1;
}

void answer_failed(struct response *response, enum status status, const char *missing)
{
    if (status == STATUS_NOT_FOUND)
        response_error(response, status, missing);
    else
        answer_unavailable(response, "Service unavailable. Please try again later.");
}

void answer_limited(struct response *response, const char *detail, int64_t retry_after_us)
{
    assert(retry_after_us >= 0);
    response_error(response, STATUS_TOO_MANY_REQUESTS, detail);
    response->retry_after_s = (int)((retry_after_us + SECOND_US - 1) / SECOND_US);
}

bool answer_key_refused(struct response *response, enum status status)
{
    if (status == STATUS_CONFLICT)
        response_error(response, STATUS_INVALID, "Idempotency-Key was used for another request.");
    else if (status == STATUS_TOO_MANY_REQUESTS)
        answer_limited(response, "Too many Idempotency-Keys. Please try again later.", HOUR_US);
    return status == STATUS_CONFLICT || status == STATUS_TOO_MANY_REQUESTS;
}

void answer_done(struct response *response, const char *what)
{
    buf_printf(&response->body, "{\"status\":\"%s\"}", what);
}

bool answer_number_parse(struct slice text, int64_t *number)
{
    char digits[24], *end;
    slice_text(text, digits, sizeof digits);
    errno = 0;
    *number = strtoll(digits, &end, 10);
    return end != digits && *end == '\0' && text.size < sizeof digits && errno == 0;
}

void answer_query_fault(const struct fields *query, const char *name, struct slice text,
                        const char *type, const char *message)
{
    json_t *input = json_stringn(text.data, text.size);
    field_refuse(query, name, type, input, "%s", message);
    json_decref(input);
}

/* One whole number of a query, 1 to `max`; untouched if it did not come. */
static void query_number(const struct fields *fields, const char *name, struct slice text,
                         int64_t max, int64_t *number)
{
    if (text.data == NULL)
        return;
    char message[FIELD_MESSAGE_MAX];
    int64_t value;
    const char *type = NULL;
    if (!answer_number_parse(text, &value)) {
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
    if (type == NULL)
        *number = value;
    else
        answer_query_fault(fields, name, text, type, message);
}

bool answer_page_read(const struct request *request, struct page *page, struct response *response)
{
    struct field_errors errors = {0};
    struct fields fields = {NULL, "query", &errors};
    int64_t number = 1, size = PAGE_SIZE_DEFAULT;
    query_number(&fields, "page", request->query_page, PAGE_MAX, &number);
    query_number(&fields, "page_size", request->query_page_size, PAGE_SIZE_MAX, &size);
    *page = (struct page){.offset = (number - 1) * size, .size = size};
    if (errors.count > 0)
        response_field_errors(response, &errors);
    return errors.count == 0;
}

void answer_page_open(const struct page *page, int64_t total, struct buf *json)
{
    assert(page->size >= 1 && page->size <= PAGE_SIZE_MAX && page->offset % page->size == 0);
    assert(total >= 0);
    json_put_open(json, NULL, '{');
    json_put_integer(json, "total", total);
    json_put_integer(json, "page", page->offset / page->size + 1);
    json_put_integer(json, "page_size", page->size);
    json_put_open(json, "items", '[');
}
