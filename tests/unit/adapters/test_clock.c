/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "../../doubles.h"
#include "limits.h"
#include "process/metrics.h"
#include "process/steady.h"

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

static int64_t ahead_of(enum metric_label leader)
{
    return metric_value(METRIC_clock_ahead_us, leader);
}

/* It is the last test: from here on the process follows a bus. */
static void a_bus_that_leads_is_not_told_as_a_clock_that_was_set(void **state)
{
    (void)state;
    struct clock *clock = clock_system();
    clock_system_watch();
    assert_in_range(ahead_of(LABEL_start) + SECOND_US, 0, 2 * SECOND_US);
    int64_t asked_us = steady_now_us();
    clock_system_follow(CLOCK_OF_BUS, clock_machine_us(clock) + HOUR_US, asked_us, asked_us);
    assert_in_range(clock_now_us(clock) - clock_machine_us(clock), HOUR_US - SECOND_US,
                    HOUR_US + SECOND_US);
    assert_in_range(-ahead_of(LABEL_bus), HOUR_US - SECOND_US, HOUR_US + SECOND_US);
    clock_system_watch();
    assert_int_equal(ahead_of(LABEL_start), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(manual_stands_still_until_moved),
        cmocka_unit_test(system_tells_the_time),
        cmocka_unit_test(a_bus_that_leads_is_not_told_as_a_clock_that_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
