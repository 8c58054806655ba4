/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/fields.h"

#include <stdio.h>

#include "../unit.h"
#include "limits.h"

static struct fields body;
static struct refusal refusal;

static void open_text(const char *text)
{
    assert_int_equal(fields_open(slice_of(text), &body, &refusal), STATUS_OK);
}

static int teardown(void **state)
{
    (void)state;
    return fields_close(&body, &refusal) == STATUS_UNAVAILABLE;
}

static void depth_is_limited_outside_of_texts_only(void **state)
{
    (void)state;
    char text[256];
    for (int depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
        size_t size = (size_t)snprintf(text, sizeof text, "{\"a\":");
        for (int i = 1; i < depth; i++)
            text[size++] = '[';
        for (int i = 1; i < depth; i++)
            text[size++] = ']';
        text[size++] = '}';
        enum status wanted = depth > JSON_DEPTH_MAX ? STATUS_MALFORMED : STATUS_OK;
        assert_int_equal(fields_open((struct slice){text, size}, &body, &refusal), wanted);
        if (wanted == STATUS_OK)
            assert_int_equal(fields_close(&body, &refusal), STATUS_OK);
    }
    assert_string_equal(refusal.reason,
                        "Malformed JSON at line 1, column 37: nested deeper than 32.");
    open_text("{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"}");
}

static void a_document_that_fails_leaves_nothing(void **state)
{
    (void)state;
    json_t *root = (json_t *)&refusal;
    struct json_fault fault;
    assert_int_equal(fields_parse(slice_of("{"), &root, &fault), STATUS_MALFORMED);
    assert_null(root);
    assert_int_equal(fields_open(slice_of("{"), &body, &refusal), STATUS_MALFORMED);
    assert_int_equal(refusal.errors.count, 0);
    assert_int_equal(fields_open(slice_of("[1]"), &body, &refusal), STATUS_INVALID);
    assert_null(body.object);
    assert_string_equal(refusal.reason, "body: Input should be a valid object");
}

static void texts_have_their_bounds(void **state)
{
    (void)state;
    char out[5];
    open_text("{\"a\":\"1234\",\"b\":\"12345\",\"c\":\"12\",\"d\":null,\"e\":\"\\u007f23\"}");
    assert_true(field_text(&body, "a", FIELD_REQUIRED, 3, 4, out));
    assert_string_equal(out, "1234");
    assert_false(field_text(&body, "b", FIELD_REQUIRED, 3, 4, out));
    assert_string_equal(out, "");
    assert_false(field_text(&body, "c", FIELD_OPTIONAL, 3, 4, out));
    assert_true(field_text(&body, "d", FIELD_OPTIONAL, 3, 4, out));
    assert_false(field_text(&body, "d", FIELD_REQUIRED, 3, 4, out));
    assert_false(field_text(&body, "e", FIELD_REQUIRED, 3, 4, out));
    assert_true(field_text(&body, "none", FIELD_OPTIONAL, 3, 4, out));
    assert_false(field_text(&body, "none", FIELD_REQUIRED, 3, 4, out));
    assert_int_equal(refusal.errors.count, 5);
    field_text_if_fits(&body, "a", 4, out);
    assert_string_equal(out, "1234");
    field_text_if_fits(&body, "b", 4, out);
    assert_string_equal(out, "");
    field_text_if_fits(&body, "none", 4, out);
    assert_string_equal(out, "");
    assert_int_equal(refusal.errors.count, 5);
}

static void decimals_may_be_negative_where_the_limits_are(void **state)
{
    (void)state;
    int64_t out;
    open_text("{\"a\":-1.5,\"b\":\"-2.5\",\"c\":-3,\"d\":-3.01,\"e\":2.999999,\"f\":3}");
    assert_true(field_decimal(&body, "a", 100, -300, 300, &out));
    assert_int_equal(out, -150);
    assert_true(field_decimal(&body, "b", 1, -3, 3, &out));
    assert_int_equal(out, -3);
    assert_true(field_decimal(&body, "c", 100, -300, 300, &out));
    assert_int_equal(out, -300);
    assert_true(field_decimal(&body, "e", 1000000, -3000000, 3000000, &out));
    assert_int_equal(out, 2999999);
    assert_int_equal(refusal.errors.count, 0);
    assert_false(field_decimal(&body, "d", 100, -300, 300, &out));
    assert_string_equal(refusal.errors.items[0].message,
                        "Input should be greater than or equal to -3");
    assert_false(field_decimal(&body, "f", 100, -300, 299, &out));
    assert_string_equal(refusal.errors.items[1].message,
                        "Input should be less than or equal to 2.99");
}

static void optional_times_stay_untouched(void **state)
{
    (void)state;
    int64_t time_us = 42;
    open_text("{\"a\":null,\"b\":\"x\",\"c\":\"1970-01-01T00:00:01Z\"}");
    assert_true(field_time(&body, "none", FIELD_OPTIONAL, &time_us));
    assert_true(field_time(&body, "a", FIELD_OPTIONAL, &time_us));
    assert_false(field_time(&body, "b", FIELD_OPTIONAL, &time_us));
    assert_false(field_time(&body, "a", FIELD_REQUIRED, &time_us));
    assert_int_equal(time_us, 42);
    assert_true(field_time(&body, "c", FIELD_REQUIRED, &time_us));
    assert_int_equal(time_us, SECOND_US);
}

static void secrets_are_not_repeated(void **state)
{
    (void)state;
    char out[5];
    open_text("{\"password\":\"hunter2\",\"refresh_token\":\"hunter3\",\"email\":\"hunter4\"}");
    assert_false(field_text(&body, "password", FIELD_REQUIRED, 1, 4, out));
    assert_false(field_text(&body, "refresh_token", FIELD_REQUIRED, 1, 4, out));
    assert_false(field_text(&body, "email", FIELD_REQUIRED, 1, 4, out));
    assert_string_equal(refusal.errors.items[0].input, "null");
    assert_string_equal(refusal.errors.items[1].input, "null");
    assert_string_equal(refusal.errors.items[2].input, "\"hunter4\"");
}

static void only_the_first_errors_are_kept(void **state)
{
    (void)state;
    open_text("{}");
    char name[8];
    int64_t out;
    for (int i = 0; i < FIELD_ERRORS_MAX + 3; i++) {
        snprintf(name, sizeof name, "f%d", i);
        assert_false(field_decimal(&body, name, 1, 0, 1, &out));
    }
    assert_int_equal(refusal.errors.count, FIELD_ERRORS_MAX);
    assert_string_equal(refusal.errors.items[FIELD_ERRORS_MAX - 1].loc, "body.f7");
}

static void long_names_and_inputs_are_cut(void **state)
{
    (void)state;
    char name[FIELD_LOC_MAX * 2], text[FIELD_LOC_MAX * 3];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    snprintf(text, sizeof text, "{\"%s\":[1]}", name);
    open_text(text);
    int64_t out;
    assert_false(field_decimal(&body, name, 1, 0, 1, &out));
    assert_int_equal(strlen(refusal.errors.items[0].loc), FIELD_LOC_MAX - 1);
    for (size_t size = FIELD_INPUT_MAX - 4; size < FIELD_INPUT_MAX + 2; size++) {
        json_t *input = json_stringn(name, size); /* two quotes are added */
        refusal.errors.count = 0;
        assert_false(field_refuse(&body, "a", "type", input, "message"));
        bool fits = size + 2 < FIELD_INPUT_MAX;
        assert_int_equal(strlen(refusal.errors.items[0].input), fits ? size + 2 : strlen("null"));
        json_decref(input);
    }
}

static const struct field_errors two = {
    .count = 2,
    .items = {{"missing", "body.a.b", "Field required", "null"},
              {"greater_than", "body.amount", "Input should be greater than 0", "-1.5"}},
};

static void a_list_has_the_shape_of_the_contract(void **state)
{
    (void)state;
    struct buf json;
    buf_init(&json, 1000);
    field_errors_write(&two, &json);
    assert_string_equal(
        json.data,
        "[{\"type\":\"missing\",\"loc\":[\"body\",\"a\",\"b\"],\"msg\":\"Field required\","
        "\"input\":null},{\"type\":\"greater_than\",\"loc\":[\"body\",\"amount\"],"
        "\"msg\":\"Input should be greater than 0\",\"input\":-1.5}]");
    buf_free(&json);
}

static void a_reason_has_no_input(void **state)
{
    (void)state;
    open_text("{}");
    refusal.errors = two;
    assert_int_equal(fields_close(&body, &refusal), STATUS_INVALID);
    assert_string_equal(refusal.reason,
                        "a.b: Field required; amount: Input should be greater than 0");
    open_text("{}");
    assert_int_equal(fields_close(&body, &refusal), STATUS_OK);
    assert_string_equal(refusal.reason, "");
}

static void a_reason_is_cut_at_its_limit(void **state)
{
    (void)state;
    open_text("{}");
    refusal.errors.count = FIELD_ERRORS_MAX;
    for (size_t i = 0; i < FIELD_ERRORS_MAX; i++)
        refusal.errors.items[i] = two.items[1];
    assert_int_equal(fields_close(&body, &refusal), STATUS_INVALID);
    assert_int_equal(strlen(refusal.reason), REASON_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(depth_is_limited_outside_of_texts_only, teardown),
        cmocka_unit_test(a_document_that_fails_leaves_nothing),
        cmocka_unit_test_teardown(texts_have_their_bounds, teardown),
        cmocka_unit_test_teardown(decimals_may_be_negative_where_the_limits_are, teardown),
        cmocka_unit_test_teardown(optional_times_stay_untouched, teardown),
        cmocka_unit_test_teardown(secrets_are_not_repeated, teardown),
        cmocka_unit_test_teardown(only_the_first_errors_are_kept, teardown),
        cmocka_unit_test_teardown(long_names_and_inputs_are_cut, teardown),
        cmocka_unit_test(a_list_has_the_shape_of_the_contract),
        cmocka_unit_test(a_reason_has_no_input),
        cmocka_unit_test(a_reason_is_cut_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
