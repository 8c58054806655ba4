/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/pool.h"

static _Atomic int ran;
static _Atomic bool gate_open;

static void count(struct role_context *context, void *argument)
{
    (void)context, (void)argument;
    ran++;
}

static void wait_at_gate(struct role_context *context, void *argument)
{
    while (!gate_open)
        count(context, argument);
    ran = 0;
}

static void no_expiry(void *argument)
{
    (void)argument;
    fail_msg("a job that need not wait has expired");
}

static void test_runs_all_before_it_stops(void **state)
{
    (void)state;
    struct pool *pool;
    ran = 0;
    assert_int_equal(pool_start(NULL, 0, HTTP_POOL_QUEUE_MAX, 0, &pool), STATUS_OK);
    for (int i = 0; i < HTTP_POOL_QUEUE_MAX; i++)
        assert_true(pool_submit(pool, 0, false, count, no_expiry, NULL));
    pool_stop(pool);
    assert_int_equal(ran, HTTP_POOL_QUEUE_MAX);
}

static void test_full_refuses(void **state)
{
    (void)state;
    struct pool *pool;
    ran = 0;
    gate_open = false;
    assert_int_equal(pool_start(NULL, 0, HTTP_POOL_QUEUE_MAX, 0, &pool), STATUS_OK);
    assert_true(pool_submit(pool, 0, false, wait_at_gate, no_expiry, NULL));
    while (ran == 0)
        ;
    for (int i = 0; i < HTTP_POOL_QUEUE_MAX; i++) {
        bool modest = i < HTTP_POOL_QUEUE_MAX / 4;
        assert_int_equal(pool_submit(pool, 0, true, count, no_expiry, NULL), modest);
        if (!modest)
            assert_true(pool_submit(pool, 0, false, count, no_expiry, NULL));
    }
    assert_false(pool_submit(pool, 0, false, count, no_expiry, NULL));
    gate_open = true;
    pool_stop(pool);
    assert_int_equal(ran, HTTP_POOL_QUEUE_MAX);
}

static int expired;

static void count_expired(void *argument)
{
    (void)argument;
    expired++;
}

static void test_what_waits_too_long_expires_though_all_threads_hang(void **state)
{
    (void)state;
    struct pool *pool;
    ran = expired = 0;
    gate_open = false;
    assert_int_equal(pool_start(NULL, 0, HTTP_POOL_QUEUE_MAX, 0, &pool), STATUS_OK);
    assert_true(pool_submit(pool, 0, false, wait_at_gate, no_expiry, NULL));
    while (ran == 0)
        ;
    for (int i = 0; i < 3; i++)
        assert_true(pool_submit(pool, 0, false, count, count_expired, NULL));
    pool_expire(pool, HOUR_US);
    assert_int_equal(expired, 0);
    pool_expire(pool, 0);
    assert_int_equal(expired, 3);
    assert_true(pool_submit(pool, 0, false, count, no_expiry, NULL));
    gate_open = true;
    pool_stop(pool);
    assert_int_equal(ran, 1);
}

static int order[8];
static int ordered;

static void note_order(struct role_context *context, void *argument)
{
    (void)context;
    order[ordered++] = *(const int *)argument;
}

/* Of three who wait, one has four jobs: each of the others waits for one of them at most. */
static void test_callers_take_turns(void **state)
{
    (void)state;
    static const int callers[] = {1, 1, 1, 1, 2, 3, 2}, turns[] = {1, 2, 3, 1, 2, 1, 1};
    struct pool *pool;
    ran = ordered = 0;
    gate_open = false;
    assert_int_equal(pool_start(NULL, 0, HTTP_POOL_QUEUE_MAX, 0, &pool), STATUS_OK);
    assert_true(pool_submit(pool, 0, false, wait_at_gate, no_expiry, NULL));
    while (ran == 0)
        ;
    for (int i = 0; i < 7; i++)
        assert_true(pool_submit(pool, (uint64_t)callers[i], false, note_order, no_expiry,
                                (void *)&callers[i]));
    gate_open = true;
    pool_stop(pool);
    assert_int_equal(ordered, 7);
    assert_memory_equal(order, turns, sizeof turns);
}

/* All places are one caller's: of others who come, each has one of them, until they have as many.
 */
static void test_who_has_most_makes_room(void **state)
{
    (void)state;
    struct pool *pool;
    ran = expired = 0;
    gate_open = false;
    assert_int_equal(pool_start(NULL, 0, 8, 0, &pool), STATUS_OK);
    assert_true(pool_submit(pool, 0, false, wait_at_gate, no_expiry, NULL));
    while (ran == 0)
        ;
    for (int i = 0; i < 8; i++)
        assert_true(pool_submit(pool, 1, false, count, count_expired, NULL));
    assert_false(pool_submit(pool, 1, false, count, no_expiry, NULL));
    assert_false(pool_submit(pool, 2, true, count, no_expiry, NULL));
    for (int i = 0; i < 4; i++) {
        assert_true(pool_submit(pool, 2, false, count, count_expired, NULL));
        assert_int_equal(expired, i + 1);
    }
    assert_false(pool_submit(pool, 2, false, count, no_expiry, NULL));
    assert_true(pool_submit(pool, 3, false, count, no_expiry, NULL));
    assert_int_equal(expired, 5);
    gate_open = true;
    pool_stop(pool);
    assert_int_equal(ran, 8);
}

static _Atomic uintptr_t seen;

static void note_context(struct role_context *context, void *argument)
{
    (void)argument;
    seen |= (uintptr_t)context;
}

static void test_each_thread_has_its_context(void **state)
{
    (void)state;
    struct pool *pool;
    struct role_context *contexts[] = {(struct role_context *)1, (struct role_context *)2,
                                       (struct role_context *)4};
    seen = 0;
    assert_int_equal(pool_start(contexts, 3, HTTP_POOL_QUEUE_MAX, 0, &pool), STATUS_OK);
    while (seen != 7)
        (void)!pool_submit(pool, 0, false, note_context, no_expiry, NULL);
    pool_stop(pool);
}

static _Atomic int seen_nice;

static void note_nice(struct role_context *context, void *argument)
{
    (void)context, (void)argument;
    seen_nice = getpriority(PRIO_PROCESS, (id_t)gettid());
}

static void test_its_threads_let_others_go_first(void **state)
{
    (void)state;
    struct pool *pool;
    int own = getpriority(PRIO_PROCESS, 0), nice = own < 10 ? 10 : 19;
    assert_int_equal(pool_start(NULL, 0, 1, nice, &pool), STATUS_OK);
    assert_true(pool_submit(pool, 0, false, note_nice, no_expiry, NULL));
    pool_stop(pool);
    assert_int_equal(seen_nice, nice);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_all_before_it_stops),
        cmocka_unit_test(test_full_refuses),
        cmocka_unit_test(test_what_waits_too_long_expires_though_all_threads_hang),
        cmocka_unit_test(test_callers_take_turns),
        cmocka_unit_test(test_who_has_most_makes_room),
        cmocka_unit_test(test_each_thread_has_its_context),
        cmocka_unit_test(test_its_threads_let_others_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
