/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/clock_manual.h"
#include "adapters/clock_system.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void manual_stands_still_until_moved(void **state)
{
    (void)state;
    struct clock_manual manual;
    clock_manual_init(&manual, 1000);
    assert_int_equal(clock_now_us(&manual.base), 1000);
    assert_int_equal(clock_now_us(&manual.base), 1000);
    clock_manual_advance(&manual, 5);
    assert_int_equal(clock_now_us(&manual.base), 1005);
    assert_int_equal(clock_monotonic_us(&manual.base), 1005);
}

static void system_tells_the_time(void **state)
{
    (void)state;
    struct clock *clock = clock_system();
    int64_t before_s = time(NULL);
    int64_t now_us = clock_now_us(clock);
    assert_in_range(now_us / 1000000, before_s - 1, before_s + 60);
    int64_t first_us = clock_monotonic_us(clock);
    assert_true(clock_monotonic_us(clock) >= first_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_stands_still_until_moved),
        cmocka_unit_test(system_tells_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
