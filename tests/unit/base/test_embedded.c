/* SPDX-License-Identifier: Apache-2.0 */
#include "base/embedded.h"

#include "../unit.h"

static void every_file_is_found_by_its_name(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct embedded_file *file = embedded_files; file->name != NULL; file++, count++)
        assert_ptr_equal(embedded_find(file->name), file);
    assert_true(count > 30);
}

static void another_name_finds_nothing(void **state)
{
    (void)state;
    assert_null(embedded_find(""));
    assert_null(embedded_find("policy"));
    assert_null(embedded_find("policy/"));
    assert_null(embedded_find("policy/seed.jsonn"));
    assert_null(embedded_find("policy/none.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_file_is_found_by_its_name),
        cmocka_unit_test(another_name_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
