/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "http/router.h"

static const struct endpoint endpoints[] = {
    {.method = METHOD_GET, .path = "/v1/users/{user_id}"},
    {.method = METHOD_GET, .path = "/v1/users/{user_id}/offers"},
    {.method = METHOD_POST, .path = "/v1/users/{user_id}/credit-analysis"},
    {.method = METHOD_GET, .path = "/v1/users/{user_id}/things/{thing_id}"},
    {.method = METHOD_POST, .path = "/v1/credit-offers/{offer_id}/accept"},
    {.method = METHOD_GET, .path = "/v1/thing"},
    {.method = METHOD_PUT, .path = "/v1/thing"},
    {.method = METHOD_DELETE, .path = "/v1/thing"},
};
static const struct endpoint_table table = {endpoints, sizeof endpoints / sizeof endpoints[0]};

static int match(const char *method, const char *path, struct route_match *found)
{
    static struct router router;
    assert_int_equal(router_init(&router, &table, 1), STATUS_OK);
    enum status status = router_match(&router, method, slice_of(path), found);
    return status == STATUS_OK ? (int)(found->route->endpoint - endpoints) : -(int)status;
}

static void test_matches(void **state)
{
    (void)state;
    struct route_match found;
    assert_int_equal(match("GET", "/v1/users/u1", &found), 0);
    assert_true(slice_equals(found.parameters[0], "u1"));
    assert_int_equal(found.route->user_parameter, 0);
    assert_int_equal(match("GET", "/v1/users/u1/offers", &found), 1);
    assert_int_equal(match("HEAD", "/v1/users/u1/offers", &found), 1);
    assert_int_equal(match("POST", "/v1/users/u1/credit-analysis", &found), 2);
    assert_int_equal(match("GET", "/v1/users/u1/things/t2", &found), 3);
    assert_true(slice_equals(found.parameters[0], "u1"));
    assert_true(slice_equals(found.parameters[1], "t2"));
    assert_int_equal(match("POST", "/v1/credit-offers/%2F/accept", &found), 4);
    assert_true(slice_equals(found.parameters[0], "%2F"));
    assert_int_equal(found.route->user_parameter, -1);
    assert_int_equal(match("DELETE", "/v1/thing", &found), 7);
}

static void test_unknown_paths(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "",
        "/",
        "/v1",
        "/v1/",
        "/v1/users",
        "/v1/users/",
        "/v1/users//offers",
        "/v1/users/u1/",
        "/v1/users/u1/offers/",
        "/v1/users/u1/offersx",
        "/v1/users/u1/offer",
        "/v1/users/u1/u2/offers",
        "/v1/users/u1/things/",
        "/v1/users/u1/things/a/b",
        "/V1/users/u1",
        "//v1/users/u1",
        "/v1/thing/",
        "/v1/things",
        "/v1/users/../thing",
        "*",
    };
    struct route_match found;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (match("GET", paths[i], &found) != -STATUS_NOT_FOUND)
            fail_msg("%s was found", paths[i]);
}

static void test_wrong_methods_tell_the_right_ones(void **state)
{
    (void)state;
    struct route_match found;
    assert_int_equal(match("POST", "/v1/thing", &found), -STATUS_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "GET, HEAD, PUT, DELETE");
    assert_int_equal(match("OPTIONS", "/v1/users/u/offers", &found), -STATUS_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "GET, HEAD");
    assert_int_equal(match("HEAD", "/v1/users/u/credit-analysis", &found),
                     -STATUS_METHOD_NOT_ALLOWED);
    assert_string_equal(found.allow, "POST");
    assert_int_equal(match("get", "/v1/thing", &found), -STATUS_METHOD_NOT_ALLOWED);
}

static void test_bad_tables(void **state)
{
    (void)state;
    static struct router router;
    static const struct endpoint three[] = {{.path = "/{a}/{b}/{c}"}};
    struct endpoint_table bad = {three, 1};
    assert_int_equal(router_init(&router, &bad, 1), STATUS_INVALID);
    static struct endpoint many[HTTP_ENDPOINTS_MAX + 1];
    for (size_t i = 0; i <= HTTP_ENDPOINTS_MAX; i++)
        many[i].path = "/";
    struct endpoint_table full = {many, HTTP_ENDPOINTS_MAX};
    assert_int_equal(router_init(&router, &full, 1), STATUS_OK);
    full.count++;
    assert_int_equal(router_init(&router, &full, 1), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matches),
        cmocka_unit_test(test_unknown_paths),
        cmocka_unit_test(test_wrong_methods_tell_the_right_ones),
        cmocka_unit_test(test_bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
