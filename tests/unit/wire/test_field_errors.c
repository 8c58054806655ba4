/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/field_errors.h"

#include "../unit.h"

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
    char reason[REASON_MAX + 1];
    field_errors_reason(&two, reason);
    assert_string_equal(reason, "a.b: Field required; amount: Input should be greater than 0");
    field_errors_reason(&(struct field_errors){0}, reason);
    assert_string_equal(reason, "");
}

static void a_reason_is_cut_at_its_limit(void **state)
{
    (void)state;
    struct field_errors many = {.count = FIELD_ERRORS_MAX};
    for (size_t i = 0; i < FIELD_ERRORS_MAX; i++)
        many.items[i] = two.items[1];
    char reason[REASON_MAX + 1];
    field_errors_reason(&many, reason);
    assert_int_equal(strlen(reason), REASON_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_has_the_shape_of_the_contract),
        cmocka_unit_test(a_reason_has_no_input),
        cmocka_unit_test(a_reason_is_cut_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
