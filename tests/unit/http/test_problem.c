/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include "http/problem.h"
#include "wire/fields.h"

static struct response started(const char *body)
{
    struct response response = {.http_status = 202};
    buf_init(&response.body, 4096);
    buf_text(&response.body, body);
    return response;
}

static void test_error_replaces_the_body(void **state)
{
    (void)state;
    struct response response = started("{\"half\":");
    response_error(&response, STATUS_CONFLICT, "Not \"twice\".");
    assert_int_equal(response.http_status, 409);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_string_equal(response.body.data,
                        "{\"detail\":\"Not \\\"twice\\\".\",\"type\":\"about:blank\","
                        "\"title\":\"Conflict\",\"status\":409}");
    problem_add_instance(&response, slice_of("/a\"b\xff"));
    assert_string_equal(
        response.body.data,
        "{\"detail\":\"Not \\\"twice\\\".\",\"type\":\"about:blank\","
        "\"title\":\"Conflict\",\"status\":409,\"instance\":\"/a\\\"b\xEF\xBF\xBD\"}");
    buf_free(&response.body);
}

static void test_field_errors_are_an_array(void **state)
{
    (void)state;
    struct field_errors errors = {
        .count = 1,
        .items = {{.type = "missing",
                   .loc = "body.amount",
                   .message = "Field required",
                   .input = "null"}},
    };
    struct response response = started("");
    response_field_errors(&response, &errors);
    assert_int_equal(response.http_status, 422);
    assert_string_equal(response.content_type, "application/problem+json");
    assert_string_equal(response.body.data,
                        "{\"detail\":[{\"type\":\"missing\",\"loc\":[\"body\",\"amount\"],"
                        "\"msg\":\"Field required\",\"input\":null}],\"type\":\"about:blank\","
                        "\"title\":\"Unprocessable Content\",\"status\":422}");
    buf_free(&response.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_error_replaces_the_body),
        cmocka_unit_test(test_field_errors_are_an_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
