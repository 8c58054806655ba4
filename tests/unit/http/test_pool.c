/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit.h"

#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/pool.h"
#include "process/steady.h"

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

enum { BATCHES_MAX = 64, LONG_US = 100000 /* TOGETHER_LONG_US */ };
static const char kind[] = "jobs that are run together";
static _Atomic bool batch_gate_open;
static _Atomic int batch_count, batches_begun;
static int batch_sizes[BATCHES_MAX];
static _Atomic size_t wanted_at_once;

/* Notes the jobs of a batch, and then waits at its gate. */
static size_t run_batch(struct role_context *context, void *arguments[], size_t count_of)
{
    (void)context;
    int place = batch_count++;
    batch_sizes[place] = (int)count_of;
    for (size_t i = 0; i < count_of; i++)
        if (arguments[i] != NULL)
            order[ordered++] = *(const int *)arguments[i];
    batches_begun++;
    while (!batch_gate_open)
        usleep(100);
    ran += (int)count_of;
    return wanted_at_once;
}

static void batches_begin(size_t threads, struct pool **pool)
{
    static struct role_context *const contexts[4];
    ordered = expired = 0;
    ran = batch_count = batches_begun = 0;
    gate_open = batch_gate_open = false;
    wanted_at_once = REQUESTS_AT_ONCE_MAX;
    assert_int_equal(pool_start(contexts, threads, HTTP_POOL_QUEUE_MAX, 0, pool), STATUS_OK);
}

static bool submit_batched(struct pool *pool, int caller, const int *argument)
{
    return pool_submit_batched(pool, (uint64_t)caller, kind, run_batch, count_expired,
                               (void *)argument);
}

static void hold_a_thread(struct pool *pool)
{
    assert_true(pool_submit(pool, 0, false, wait_at_gate, no_expiry, NULL));
    while (ran == 0)
        ;
}

/* What waits is taken in turn, up to the bound, and jobs of another kind keep theirs. */
static void test_jobs_of_a_kind_are_run_together_in_turn(void **state)
{
    (void)state;
    enum { MANY = REQUESTS_AT_ONCE_MAX + 3 };
    static const int callers[] = {1, 1, 1, 2}, turns[] = {1, 2, 1, 1};
    struct pool *pool;
    batches_begin(1, &pool);
    hold_a_thread(pool);
    for (int i = 0; i < 4; i++)
        assert_true(submit_batched(pool, callers[i], &callers[i]));
    for (int i = 0; i < MANY; i++)
        assert_true(submit_batched(pool, 3 + i, NULL));
    batch_gate_open = gate_open = true;
    pool_stop(pool);
    assert_int_equal(ran, 4 + MANY);
    assert_int_equal(batch_count, 2);
    assert_int_equal(batch_sizes[0], REQUESTS_AT_ONCE_MAX);
    assert_int_equal(ordered, 4);
    assert_memory_equal(order, turns, sizeof turns);
}

static void two_batches_hang(struct pool *pool)
{
    for (int i = 0; i < 2; i++) {
        assert_true(submit_batched(pool, i, NULL));
        while (batches_begun == i)
            ;
    }
}

/* One that is alone is run at once; while two threads are at it the others gather, and threads are
 * free for other jobs. */
static void test_jobs_gather_while_two_threads_are_at_their_kind(void **state)
{
    (void)state;
    struct pool *pool;
    batches_begin(4, &pool);
    int64_t begun_us = steady_now_us();
    two_batches_hang(pool);
    for (int i = 0; i < 5; i++)
        assert_true(submit_batched(pool, i, NULL));
    hold_a_thread(pool);
    /* On a busy machine the two may have taken long by now. */
    assert_true(batch_count == 2 || steady_now_us() - begun_us >= LONG_US);
    gate_open = batch_gate_open = true;
    pool_stop(pool);
    int all = 0;
    for (int i = 0; i < batch_count; i++)
        all += batch_sizes[i];
    assert_int_equal(all, 7);
}

static void test_a_whole_batch_has_a_thread_of_its_own(void **state)
{
    (void)state;
    struct pool *pool;
    batches_begin(3, &pool);
    two_batches_hang(pool);
    for (int i = 0; i < REQUESTS_AT_ONCE_MAX; i++)
        assert_true(submit_batched(pool, i, NULL));
    while (batches_begun == 2)
        ;
    assert_int_equal(batch_sizes[2], REQUESTS_AT_ONCE_MAX);
    batch_gate_open = true;
    pool_stop(pool);
}

static void test_long_batches_hold_up_nobody(void **state)
{
    (void)state;
    struct pool *pool;
    batches_begin(3, &pool);
    two_batches_hang(pool);
    assert_true(submit_batched(pool, 1, NULL));
    while (batches_begun == 2) {
        pool_expire(pool, HOUR_US);
        usleep(100);
    }
    assert_int_equal(expired, 0);
    batch_gate_open = true;
    pool_stop(pool);
    assert_int_equal(ran, 3);
}

/* Where each takes long they are not kept for one thread. */
static void test_a_batch_tells_how_many_it_would_have_next(void **state)
{
    (void)state;
    struct pool *pool;
    batches_begin(1, &pool);
    wanted_at_once = 2;
    batch_gate_open = true;
    assert_true(submit_batched(pool, 1, NULL));
    while (ran == 0)
        ;
    ran = 0;
    hold_a_thread(pool);
    for (int i = 0; i < 5; i++)
        assert_true(submit_batched(pool, i, NULL));
    gate_open = true;
    pool_stop(pool);
    assert_int_equal(batch_count, 4);
    for (int i = 1; i < 4; i++)
        assert_int_equal(batch_sizes[i], i < 3 ? 2 : 1);
}

static void test_jobs_of_a_kind_expire_and_make_room_too(void **state)
{
    (void)state;
    struct pool *pool;
    batches_begin(1, &pool);
    hold_a_thread(pool);
    for (int i = 0; i < HTTP_POOL_QUEUE_MAX; i++)
        assert_true(submit_batched(pool, 1, NULL));
    assert_false(submit_batched(pool, 1, NULL));
    assert_true(submit_batched(pool, 2, NULL));
    assert_int_equal(expired, 1);
    pool_expire(pool, 0);
    assert_int_equal(expired, 1 + HTTP_POOL_QUEUE_MAX);
    assert_true(submit_batched(pool, 1, NULL));
    gate_open = batch_gate_open = true;
    pool_stop(pool);
    assert_int_equal(batch_count, 1);
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
        cmocka_unit_test(test_jobs_of_a_kind_are_run_together_in_turn),
        cmocka_unit_test(test_jobs_gather_while_two_threads_are_at_their_kind),
        cmocka_unit_test(test_a_whole_batch_has_a_thread_of_its_own),
        cmocka_unit_test(test_long_batches_hold_up_nobody),
        cmocka_unit_test(test_a_batch_tells_how_many_it_would_have_next),
        cmocka_unit_test(test_jobs_of_a_kind_expire_and_make_room_too),
        cmocka_unit_test(test_each_thread_has_its_context),
        cmocka_unit_test(test_its_threads_let_others_go_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
