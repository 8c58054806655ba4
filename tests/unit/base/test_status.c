/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include "../unit.h"

static void every_row_is_whole(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        enum status status = (enum status)i;
        assert_in_range(status_http(status), 200, 503);
        assert_in_range(status_outcome(status), OUTCOME_DONE, OUTCOME_REJECT);
        assert_true(strlen(status_name(status)) > 0);
        assert_true(strlen(status_title(status)) > 0);
    }
}

static void only_success_is_done_and_only_our_faults_are_retried(void **state)
{
    (void)state;
    for (int i = 0; i < STATUS_COUNT; i++) {
        enum status status = (enum status)i;
        assert_true((status_http(status) < 400) == (status_outcome(status) == OUTCOME_DONE));
        if (status_http(status) >= 500)
            assert_int_equal(status_outcome(status), OUTCOME_RETRY);
    }
    assert_int_equal(status_http(STATUS_INVALID), 422);
    assert_int_equal(status_outcome(STATUS_INVALID), OUTCOME_REJECT);
    assert_string_equal(status_name(STATUS_UNAVAILABLE), "UNAVAILABLE");
    assert_string_equal(status_title(STATUS_TOO_LARGE), "Content Too Large");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(only_success_is_done_and_only_our_faults_are_retried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
