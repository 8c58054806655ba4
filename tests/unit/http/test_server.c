/* SPDX-License-Identifier: Apache-2.0
 *
 * The server as its clients meet it: what it answers, and every way in which it refuses.
 */
#include "server_fixture.h"

#include <jansson.h>

static void assert_problem(int status, const char *detail)
{
    json_t *json = json_loads(answer_body(), 0, NULL);
    assert_non_null(json);
    assert_int_equal(answer.status, status);
    assert_string_equal(json_string_value(json_object_get(json, "detail")), detail);
    assert_string_equal(json_string_value(json_object_get(json, "type")), "about:blank");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), status);
    assert_true(json_is_string(json_object_get(json, "title")));
    assert_true(json_is_string(json_object_get(json, "instance")));
    json_decref(json);
    assert_true(answer_has("Content-Type", "application/problem+json"));
    assert_true(answer_has("Cache-Control", "no-store"));
    assert_true(answer_has("X-Content-Type-Options", "nosniff"));
    assert_non_null(answer_header("X-Request-ID"));
}

static void test_every_kind_answers(void **state)
{
    (void)state;
    const char *paths[] = {"/v1/echo", "/v1/later", "/v1/block"};
    int statuses[] = {202, 202, 200};
    char text[512];
    for (int i = 0; i < 3; i++) {
        snprintf(
            text, sizeof text,
            "POST %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            "X-Request-ID: my.id:1_2-3\r\nIdempotency-Key: k\r\nContent-Length: 7\r\n\r\n{\"a\":1}",
            paths[i]);
        assert_int_equal(ask(text), statuses[i]);
        assert_string_equal(answer_body(), "{\"size\":7,\"batch\":false,\"key\":\"k\"}");
        assert_true(answer_has("X-Request-ID", "my.id:1_2-3"));
        assert_true(answer_has("Content-Type", "application/json"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_kind_answers),
    };
    (void)assert_problem, (void)token_for;
    return cmocka_run_group_tests(tests, setup_server, teardown_server);
}
