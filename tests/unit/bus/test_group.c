/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/group.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct group group;
static struct group_delivery out[GROUP_WINDOW + 8];

static int setup(void **state)
{
    (void)state;
    return group_init(&group, 0) == STATUS_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    group_free(&group);
    return 0;
}

static void gives_each_message_once(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 5, 1, 0, 100, out, 3), 3);
    assert_int_equal(out[0].sequence, 1);
    assert_int_equal(out[2].sequence, 3);
    assert_int_equal(out[2].deliveries, 1);
    assert_int_equal(group_take(&group, 5, 2, 0, 100, out, 3), 2);
    assert_int_equal(out[0].sequence, 4);
    assert_int_equal(group_take(&group, 5, 1, 99, 199, out, 3), 0);
}

static void the_floor_waits_for_the_oldest(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 3, 1, 0, 100, out, 3), 3);
    group_done(&group, 3);
    group_done(&group, 2);
    group_done(&group, 2);
    group_done(&group, 77);
    assert_int_equal(group.floor, 0);
    assert_int_equal(group.done_beyond, 2);
    group_done(&group, 1);
    assert_int_equal(group.floor, 3);
    assert_int_equal(group.done_beyond, 0);
}

static void gives_again_what_is_due(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 2, 1, 0, 100, out, 2), 2);
    group_again(&group, 2, 1, 50);
    group_again(&group, 1, 9, 0); /* not its owner */
    assert_int_equal(group_take(&group, 2, 2, 49, 149, out, 2), 0);
    assert_int_equal(group_take(&group, 2, 2, 50, 150, out, 2), 1);
    assert_int_equal(out[0].sequence, 2);
    assert_int_equal(out[0].deliveries, 2);
    group_again(&group, 2, 1, 51); /* its owner no more */
    assert_int_equal(group_take(&group, 2, 1, 100, 200, out, 2), 1);
    assert_int_equal(out[0].sequence, 1);
    assert_int_equal(group_take(&group, 2, 1, 150, 250, out, 2), 1);
    assert_int_equal(out[0].sequence, 2);
    assert_int_equal(out[0].deliveries, 3);
}

static void takes_back_what_an_owner_has(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 4, 1, 0, 100, out, 2), 2);
    assert_int_equal(group_take(&group, 4, 2, 0, 100, out, 2), 2);
    group_done(&group, 1);
    group_release(&group, 1, 10);
    assert_int_equal(group_take(&group, 4, 3, 10, 110, out, 8), 1);
    assert_int_equal(out[0].sequence, 2);
}

static void the_window_is_bounded(void **state)
{
    (void)state;
    size_t taken = group_take(&group, 1000000, 1, 0, 100, out, GROUP_WINDOW + 8);
    assert_int_equal(taken, GROUP_WINDOW);
    for (uint64_t sequence = 2; sequence <= GROUP_WINDOW; sequence++)
        group_done(&group, sequence);
    assert_int_equal(group_take(&group, 1000000, 1, 0, 100, out, 1), 0);
    assert_int_equal(group_take(&group, 1000000, 1, 100, 200, out, 1), 1);
    assert_int_equal(out[0].sequence, 1);
    group_done(&group, 1);
    assert_int_equal(group.floor, GROUP_WINDOW);
    assert_int_equal(group_take(&group, 1000000, 1, 100, 200, out, 8), 8);
    assert_int_equal(out[0].sequence, GROUP_WINDOW + 1);
}

static void rewinds(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 5, 1, 0, 100, out, 5), 5);
    for (uint64_t sequence = 1; sequence <= 5; sequence++)
        group_done(&group, sequence);
    group_rewind(&group, 2);
    group_done(&group, 4); /* of before: not delivered again yet */
    assert_int_equal(group_take(&group, 5, 1, 0, 100, out, 8), 3);
    assert_int_equal(out[0].sequence, 3);
    assert_int_equal(out[0].deliveries, 1);
}

static void forgets_what_was_trimmed(void **state)
{
    (void)state;
    assert_int_equal(group_take(&group, 9, 1, 0, 100, out, 4), 4);
    group_trim(&group, 3);
    assert_int_equal(group.floor, 2);
    assert_int_equal(group.next, 5);
    group_trim(&group, 8);
    assert_int_equal(group.floor, 7);
    assert_int_equal(group_take(&group, 9, 1, 0, 100, out, 8), 2);
    assert_int_equal(out[0].sequence, 8);
    group_trim(&group, 1);
    assert_int_equal(group.floor, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(gives_each_message_once),  TEST(the_floor_waits_for_the_oldest),
        TEST(gives_again_what_is_due),  TEST(takes_back_what_an_owner_has),
        TEST(the_window_is_bounded),    TEST(rewinds),
        TEST(forgets_what_was_trimmed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
