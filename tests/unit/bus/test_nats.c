/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/nats_internal.h"

#include <stdlib.h>

#include "../unit.h"
#include "limits.h"
#include "process/steady.h"

static struct window window;
static int confirmed, failed;

static void count(void *context, enum status status)
{
    (void)context;
    confirmed += status == STATUS_OK;
    failed += status == STATUS_UNAVAILABLE;
}

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

static enum status add_large(int64_t now_us, size_t size)
{
    struct outgoing *outgoing = calloc(1, sizeof *outgoing);
    assert_non_null(outgoing);
    outgoing->publication = (struct publication){STREAM_EMOTIONS, count, NULL};
    outgoing->size = size;
    enum status status = window_add(&window, outgoing, now_us);
    if (status != STATUS_OK)
        free(outgoing);
    return status;
}

static enum status add(int64_t now_us)
{
    return add_large(now_us, sizeof(struct outgoing));
}

/* Sends the next one; the window has one. */
static uint64_t send_next(void)
{
    uint64_t serial = 0;
    struct outgoing *outgoing = window_next(&window, &serial);
    assert_non_null(outgoing);
    free(outgoing);
    return serial;
}

static void each_publication_ends_once(void **state)
{
    (void)state;
    assert_int_equal(add(0), STATUS_OK);
    assert_int_equal(add(1), STATUS_OK);
    uint64_t first = send_next(), second = send_next();
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
    int64_t start_us = steady_now_us();
    assert_int_equal(add(start_us), STATUS_OK);
    assert_int_equal(add(start_us + SECOND_US), STATUS_OK);
    assert_int_equal(add(start_us + ENGINE_SILENCE_US), STATUS_UNAVAILABLE);
    /* The other waits only since a second later. */
    window_end(&window, send_next(), STATUS_OK);
    assert_int_equal(add(start_us + ENGINE_SILENCE_US), STATUS_OK);
    assert_int_equal(add(start_us + ENGINE_SILENCE_US + SECOND_US), STATUS_UNAVAILABLE);
    window_expire(&window, INT64_MAX); /* nothing waits: it is tried again */
    assert_int_equal(add(start_us + HOUR_US), STATUS_OK);
}

static void what_has_ended_is_not_sent(void **state)
{
    (void)state;
    assert_int_equal(add(0), STATUS_OK);
    assert_int_equal(add(1), STATUS_OK);
    assert_int_equal(add(2), STATUS_OK);
    uint64_t first = send_next();
    window_expire(&window, BUS_PUBLISH_TIMEOUT_US + 1);
    assert_int_equal(failed, 2);
    assert_int_equal(send_next(), first + 2);
    window_close(&window);
    uint64_t serial;
    assert_null(window_next(&window, &serial));
}

static void messages_that_wait_to_be_sent_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(add_large(0, BUS_QUEUE_BYTES_MAX), STATUS_OK);
    assert_int_equal(add_large(0, 1), STATUS_UNAVAILABLE);
    (void)send_next();
    assert_int_equal(add_large(1, BUS_QUEUE_BYTES_MAX), STATUS_OK);
    assert_int_equal(add_large(1, 1), STATUS_UNAVAILABLE);
    window_expire(&window, INT64_MAX);
    for (int i = 0; i < BUS_WINDOW_MAX; i++)
        assert_int_equal(add(0), STATUS_OK);
    assert_int_equal(add(0), STATUS_UNAVAILABLE);
    (void)send_next(); /* its confirmation is still to come */
    assert_int_equal(add(0), STATUS_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_publication_ends_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_silent_server_gets_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(what_has_ended_is_not_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_that_wait_to_be_sent_are_bounded, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
