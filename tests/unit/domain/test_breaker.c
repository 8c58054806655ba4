/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/breaker.h"

#include "../unit.h"

enum { START_US = 1000000000, QUICK_US = 1000, JITTER = 0 };

static struct breaker breaker;
static int64_t now_us;
static int64_t retry_after_us;

static int setup(void **state)
{
    (void)state;
    breaker_init(&breaker);
    now_us = START_US;
    return 0;
}

static bool enter(struct breaker_call *call)
{
    return breaker_enter(&breaker, now_us, JITTER, call, &retry_after_us);
}

static void call_taking(enum breaker_result result, int64_t taken_us)
{
    struct breaker_call call;
    assert_true(enter(&call));
    now_us += taken_us;
    breaker_leave(&breaker, &call, result, now_us, JITTER);
}

static void calls(int count, enum breaker_result result)
{
    for (int i = 0; i < count; i++)
        call_taking(result, QUICK_US);
}

static void open_it(void)
{
    calls(BREAKER_CALLS_MIN, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void half_open_it(void)
{
    open_it();
    now_us = breaker.open_until_us;
}

static void few_calls_decide_nothing(void **state)
{
    (void)state;
    calls(BREAKER_CALLS_MIN - 1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    calls(1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void half_of_the_calls_may_not_fail(void **state)
{
    (void)state;
    calls(BREAKER_CALLS_MIN + 1, BREAKER_SUCCESS);
    calls(BREAKER_CALLS_MIN, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    calls(1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void what_left_the_window_is_forgotten(void **state)
{
    (void)state;
    calls(BREAKER_CALLS_MIN - 1, BREAKER_FAILURE);
    now_us += BREAKER_BUCKETS * BREAKER_BUCKET_US;
    calls(BREAKER_CALLS_MIN - 1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void slow_calls_open_it_too(void **state)
{
    (void)state;
    for (int i = 0; i < BREAKER_CALLS_MIN; i++)
        call_taking(BREAKER_SUCCESS, BREAKER_SLOW_US);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    for (int i = 0; i < BREAKER_CALLS_MIN; i++)
        call_taking(BREAKER_SUCCESS, BREAKER_SLOW_US + 1);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void a_caller_at_fault_counts_for_nothing(void **state)
{
    (void)state;
    calls(10 * BREAKER_CALLS_MIN, BREAKER_NEUTRAL);
    calls(BREAKER_CALLS_MIN - 1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
}

static void open_it_refuses_and_says_how_long(void **state)
{
    (void)state;
    struct breaker_call call;
    open_it();
    now_us = breaker.open_until_us - 1;
    assert_false(enter(&call));
    assert_int_equal(retry_after_us, 1);
    now_us++;
    assert_true(enter(&call));
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
}

static void only_so_many_probes_at_once(void **state)
{
    (void)state;
    struct breaker_call call;
    half_open_it();
    for (int i = 0; i < BREAKER_PROBES; i++)
        assert_true(enter(&call));
    assert_false(enter(&call));
    assert_true(retry_after_us > 0);
}

static void all_probes_succeed_and_it_closes(void **state)
{
    (void)state;
    half_open_it();
    calls(BREAKER_PROBES - 1, BREAKER_SUCCESS);
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    calls(1, BREAKER_SUCCESS);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    /* It begins with an empty window, and the open time starts anew. */
    calls(BREAKER_CALLS_MIN - 1, BREAKER_FAILURE);
    assert_int_equal(breaker.state, BREAKER_CLOSED);
    calls(1, BREAKER_FAILURE);
    assert_int_equal(breaker.open_until_us - now_us, BREAKER_OPEN_US);
}

static void a_failed_probe_opens_it_for_twice_as_long(void **state)
{
    (void)state;
    int64_t wanted_us = BREAKER_OPEN_US;
    half_open_it();
    for (int i = 0; i < 8; i++) {
        calls(1, BREAKER_FAILURE);
        assert_int_equal(breaker.state, BREAKER_OPEN);
        wanted_us = 2 * wanted_us < BREAKER_OPEN_US_MAX ? 2 * wanted_us : BREAKER_OPEN_US_MAX;
        assert_int_equal(breaker.open_until_us - now_us, wanted_us);
        now_us = breaker.open_until_us;
    }
}

static void a_slow_probe_is_a_failed_one(void **state)
{
    (void)state;
    half_open_it();
    call_taking(BREAKER_SUCCESS, BREAKER_SLOW_US + 1);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void a_probe_that_does_not_report_fails(void **state)
{
    (void)state;
    struct breaker_call hung, call;
    half_open_it();
    assert_true(enter(&hung));
    now_us += BREAKER_LEASE_US;
    assert_false(enter(&call));
    assert_int_equal(breaker.state, BREAKER_OPEN);
    /* What it reports later belongs to a state that is over. */
    breaker_leave(&breaker, &hung, BREAKER_SUCCESS, now_us, JITTER);
    assert_int_equal(breaker.state, BREAKER_OPEN);
}

static void results_of_an_older_state_are_ignored(void **state)
{
    (void)state;
    struct breaker_call before;
    assert_true(enter(&before));
    half_open_it();
    calls(BREAKER_PROBES - 1, BREAKER_SUCCESS);
    breaker_leave(&breaker, &before, BREAKER_FAILURE, now_us, JITTER);
    assert_int_equal(breaker.state, BREAKER_HALF_OPEN);
    calls(1, BREAKER_SUCCESS);
    breaker_leave(&breaker, &before, BREAKER_SUCCESS, now_us, JITTER);
    assert_int_equal(breaker.at_once, 0);
}

static void calls_at_once_are_bounded(void **state)
{
    (void)state;
    struct breaker_call first = {0}, call;
    for (int i = 0; i < BREAKER_CALLS_AT_ONCE_MAX; i++)
        assert_true(enter(i == 0 ? &first : &call));
    assert_false(enter(&call));
    breaker_leave(&breaker, &first, BREAKER_SUCCESS, now_us, JITTER);
    assert_true(enter(&call));
}

static void jitter_moves_the_end_by_a_tenth_at_most(void **state)
{
    (void)state;
    struct breaker_call call;
    for (int i = 0; i < BREAKER_CALLS_MIN; i++) {
        assert_true(enter(&call));
        breaker_leave(&breaker, &call, BREAKER_FAILURE, now_us, UINT32_MAX);
    }
    int64_t open_us = breaker.open_until_us - now_us;
    assert_true(open_us > BREAKER_OPEN_US && open_us < BREAKER_OPEN_US * 11 / 10);
}

#define FRESH(test) cmocka_unit_test_setup(test, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(few_calls_decide_nothing),
        FRESH(half_of_the_calls_may_not_fail),
        FRESH(what_left_the_window_is_forgotten),
        FRESH(slow_calls_open_it_too),
        FRESH(a_caller_at_fault_counts_for_nothing),
        FRESH(open_it_refuses_and_says_how_long),
        FRESH(only_so_many_probes_at_once),
        FRESH(all_probes_succeed_and_it_closes),
        FRESH(a_failed_probe_opens_it_for_twice_as_long),
        FRESH(a_slow_probe_is_a_failed_one),
        FRESH(a_probe_that_does_not_report_fails),
        FRESH(results_of_an_older_state_are_ignored),
        FRESH(calls_at_once_are_bounded),
        FRESH(jitter_moves_the_end_by_a_tenth_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
