/* SPDX-License-Identifier: Apache-2.0 */
#include "server_fixture.h"

#include <jansson.h>

#include "http/openapi.h"

static json_t *document(void)
{
    static struct router router;
    struct buf text;
    buf_init(&text, 1024 * 1024);
    assert_int_equal(router_init(&router, &sample_table, 1), STATUS_OK);
    openapi_write(&router, &text);
    assert_false(text.overflowed);
    json_error_t error;
    json_t *json = json_loadb(text.data, text.size, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        fail_msg("%s at %d: %s", error.text, error.position, text.data);
    buf_free(&text);
    return json;
}

/* The operation; its members are looked at with json_unpack. */
static json_t *operation(json_t *json, const char *path, const char *method)
{
    json_t *found = json_object_get(json_object_get(json_object_get(json, "paths"), path), method);
    assert_non_null(found);
    return found;
}

static void assert_statuses(json_t *found, const char *expected)
{
    char text[128] = "";
    const char *status;
    json_t *response;
    json_object_foreach(json_object_get(found, "responses"), status, response)
    {
        assert_true(json_is_string(json_object_get(response, "description")));
        strcat(strcat(text, text[0] == '\0' ? "" : " "), status);
    }
    assert_string_equal(text, expected);
}

static void test_document(void **state)
{
    (void)state;
    json_t *json = document();
    assert_string_equal(json_string_value(json_object_get(json, "openapi")), "3.1.0");
    assert_int_equal(json_object_size(json_object_get(json, "paths")), 11);

    json_t *security = json_object_get(operation(json, "/v1/either", "post"), "security");
    assert_int_equal(json_array_size(security), 2);

    json_t *echo = operation(json, "/v1/echo", "post");
    assert_statuses(echo, "202 400 413 415 422 429");
    const char *type = NULL;
    assert_int_equal(json_unpack(echo, "{s:{s:{s:{s:{s:s}}}}}", "requestBody", "content",
                                 "application/x-ndjson", "schema", "type", &type),
                     0);
    assert_string_equal(type, "string");
    assert_int_equal(json_array_size(json_object_get(echo, "security")), 0);
    assert_statuses(operation(json, "/v1/echo", "patch"), "200 400 413 415 422 429");
    assert_statuses(operation(json, "/v1/later", "post"), "202 400 413 415 422 429 503");

    json_t *internal = operation(json, "/v1/internal", "post");
    assert_statuses(internal, "202 400 401 413 415 422 429");
    assert_true(json_is_true(json_object_get(internal, "x-internal")));
    json_t *scopes = NULL;
    assert_int_equal(json_unpack(internal, "{s:[{s:o}]}", "security", "internalKey", &scopes), 0);

    json_t *things = operation(json, "/v1/users/{user_id}/things/{thing_id}", "get");
    assert_statuses(things, "200 400 401 403 404 422 429 503");
    assert_int_equal(json_unpack(things, "{s:[{s:o}]}", "security", "token", &scopes), 0);
    const char *names[4];
    assert_int_equal(json_unpack(things, "{s:[{s:s},{s:s},{s:s},{s:s}]}", "parameters", "name",
                                 &names[0], "name", &names[1], "name", &names[2], "name",
                                 &names[3]),
                     0);
    assert_string_equal(names[0], "user_id");
    assert_string_equal(names[1], "thing_id");
    assert_string_equal(names[3], "page_size");
    assert_string_equal(json_string_value(json_object_get(things, "operationId")),
                        "get_v1_users_user_id_things_thing_id");

    json_t *stream = operation(json, "/v1/users/{user_id}/stream", "get");
    assert_int_equal(json_unpack(stream, "{s:{s:{s:{s:o}}}}", "responses", "200", "content",
                                 "text/event-stream", &scopes),
                     0);
    json_decref(json);
}

static void test_operations_have_names_of_their_own(void **state)
{
    (void)state;
    json_t *json = document(), *names = json_object(), *item, *found;
    const char *path, *method;
    json_object_foreach(json_object_get(json, "paths"), path, item)
    {
        json_object_foreach(item, method, found)
        {
            const char *name = json_string_value(json_object_get(found, "operationId"));
            assert_non_null(name);
            assert_null(json_object_get(names, name));
            json_object_set_new(names, name, json_true());
        }
    }
    json_decref(names);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_document),
        cmocka_unit_test(test_operations_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
