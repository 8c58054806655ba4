/* SPDX-License-Identifier: Apache-2.0 */
#include "process/steady.h"

#include "../unit.h"

#include "limits.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static bool set;

static void *set_it(void *argument)
{
    (void)argument;
    pthread_mutex_lock(&lock);
    set = true;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void a_wait_ends_at_its_deadline(void **state)
{
    (void)state;
    int64_t deadline_us = steady_now_us() + 20000;
    steady_condition_init(&changed);
    pthread_mutex_lock(&lock);
    while (steady_wait(&changed, &lock, deadline_us))
        ; /* woken without a reason */
    pthread_mutex_unlock(&lock);
    assert_true(steady_now_us() >= deadline_us);
    assert_int_equal(pthread_cond_destroy(&changed), 0);
}

static void a_wait_ends_with_the_signal(void **state)
{
    (void)state;
    pthread_t thread;
    int64_t deadline_us = steady_now_us() + 60 * SECOND_US;
    steady_condition_init(&changed);
    pthread_mutex_lock(&lock);
    assert_int_equal(pthread_create(&thread, NULL, set_it, NULL), 0);
    while (!set)
        assert_true(steady_wait(&changed, &lock, deadline_us));
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    assert_int_equal(pthread_cond_destroy(&changed), 0);
}

static void a_pause_lasts(void **state)
{
    (void)state;
    int64_t started_us = steady_now_us();
    steady_pause(1500);
    assert_true(steady_now_us() - started_us >= 1500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wait_ends_at_its_deadline),
        cmocka_unit_test(a_wait_ends_with_the_signal),
        cmocka_unit_test(a_pause_lasts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
