/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/nats_window.h"

#include "../unit.h"
#include "base/steady.h"
#include "limits.h"

static struct window window;
static int confirmed, failed;

static void count(void *context, enum status status)
{
    (void)context;
    confirmed += status == STATUS_OK;
    failed += status == STATUS_UNAVAILABLE;
}

static const struct publication publication = {STREAM_EMOTIONS, count, NULL};

static int setup(void **state)
{
    (void)state;
    confirmed = failed = 0;
    return window_init(&window) == STATUS_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    window_expire(&window, INT64_MAX);
    window_destroy(&window);
    return 0;
}

static enum status add(int64_t now_us, uint64_t *serial)
{
    return window_add(&window, &publication, now_us, serial);
}

static void each_publication_ends_once(void **state)
{
    (void)state;
    uint64_t first, second;
    assert_int_equal(add(0, &first), STATUS_OK);
    assert_int_equal(add(1, &second), STATUS_OK);
    window_end(&window, second, STATUS_OK);
    window_end(&window, second, STATUS_OK);
    window_expire(&window, BUS_PUBLISH_TIMEOUT_US - 1);
    assert_int_equal(confirmed, 1);
    assert_int_equal(failed, 0);
    window_expire(&window, BUS_PUBLISH_TIMEOUT_US);
    window_end(&window, first, STATUS_OK);
    assert_int_equal(confirmed, 1);
    assert_int_equal(failed, 1);
}

static void a_silent_server_gets_no_more(void **state)
{
    (void)state;
    uint64_t first, second, other;
    int64_t start_us = steady_now_us();
    assert_int_equal(add(start_us, &first), STATUS_OK);
    assert_int_equal(add(start_us + SECOND_US, &second), STATUS_OK);
    assert_int_equal(add(start_us + ENGINE_SILENCE_US, &other), STATUS_UNAVAILABLE);
    window_end(&window, first, STATUS_OK); /* the other waits only since a second later */
    assert_int_equal(add(start_us + ENGINE_SILENCE_US, &other), STATUS_OK);
    assert_int_equal(add(start_us + ENGINE_SILENCE_US + SECOND_US, &other), STATUS_UNAVAILABLE);
    window_expire(&window, INT64_MAX); /* nothing waits: it is tried again */
    assert_int_equal(add(start_us + HOUR_US, &other), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_publication_ends_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_server_gets_no_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
