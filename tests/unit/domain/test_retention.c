/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/retention.h"

#include "../unit.h"
#include "limits.h"

enum { HOURS_OF_TWO_YEARS = 2 * 365 * 24 };
static const int64_t now_us = 1768480200000000LL;

static void two_clocks_must_agree(void **state)
{
    struct retention retention = {now_us - HOUR_US, now_us - HOUR_US}, before = retention;
    (void)state;
    assert_int_equal(retention_step(&retention, now_us, now_us + SWEEP_SKEW_US_MAX + 1),
                     RETENTION_SKEWED);
    assert_int_equal(retention_step(&retention, now_us, now_us - SWEEP_SKEW_US_MAX - 1),
                     RETENTION_SKEWED);
    assert_memory_equal(&retention, &before, sizeof before);
    assert_int_equal(retention_step(&retention, now_us, now_us - SWEEP_SKEW_US_MAX), RETENTION_DUE);
    assert_int_equal(retention.present_us, now_us);
}

static void one_an_hour(void **state)
{
    struct retention retention = {0};
    (void)state;
    assert_int_equal(retention_step(&retention, now_us, now_us), RETENTION_DUE);
    assert_int_equal(retention_step(&retention, now_us + HOUR_US - 1, now_us + HOUR_US - 1),
                     RETENTION_NOT_DUE);
    assert_int_equal(retention_step(&retention, now_us + HOUR_US, now_us + HOUR_US), RETENTION_DUE);
    /* Who read the time before that, and waited, comes too late. */
    assert_int_equal(retention_step(&retention, now_us + HOUR_US - 1, now_us + HOUR_US - 1),
                     RETENTION_NOT_DUE);
    /* Put right after it was ahead: not held up until that time comes again. */
    assert_int_equal(retention_step(&retention, now_us, now_us), RETENTION_DUE);
    assert_int_equal(retention.present_us, now_us + HOUR_US);
}

/* A clock that is two years ahead and stays there is refused for a month, asked every minute. */
static void a_jump_is_believed_slowly(void **state)
{
    struct retention retention = {now_us, now_us};
    int64_t wrong_us = now_us + HOURS_OF_TWO_YEARS * HOUR_US, at_us = wrong_us;
    (void)state;
    while (retention_step(&retention, at_us, at_us) == RETENTION_JUMPED)
        at_us += MINUTE_US;
    assert_in_range((at_us - wrong_us) / DAY_US, 29, 33);
    assert_int_equal(retention_check(&retention, at_us, at_us), RETENTION_DUE);
}

static void the_first_is_believed(void **state)
{
    struct retention retention = {0};
    (void)state;
    assert_int_equal(retention_check(&retention, now_us, now_us), RETENTION_DUE);
    assert_int_equal(retention_step(&retention, now_us, now_us), RETENTION_DUE);
    assert_int_equal(
        retention_check(&retention, now_us + SWEEP_JUMP_US_MAX + 1, now_us + SWEEP_JUMP_US_MAX + 1),
        RETENTION_JUMPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_clocks_must_agree),
        cmocka_unit_test(one_an_hour),
        cmocka_unit_test(a_jump_is_believed_slowly),
        cmocka_unit_test(the_first_is_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
