/* SPDX-License-Identifier: Apache-2.0 */
#include "process/metrics.h"

#include <pthread.h>
#include <string.h>

#include "../unit.h"

static char *written(struct buf *buf)
{
    buf_init(buf, 1 << 20);
    metrics_write(buf);
    assert_false(buf->overflowed);
    return buf->data;
}

static void a_counter_is_written_by_label(void **state)
{
    (void)state;
    metric_add(METRIC_events_counted, LABEL_emotions, 2);
    metric_add(METRIC_events_counted, LABEL_emotions, 3);
    struct buf buf;
    const char *text = written(&buf);
    assert_non_null(strstr(text, "# TYPE ecs_events_counted_total counter\n"
                                 "ecs_events_counted_total{stream=\"emotions\"} 5\n"));
    assert_null(strstr(text, "ecs_events_counted_total{stream=\"transactions\"}"));
    assert_non_null(strstr(text, "\necs_offers_activated_total 0\n"));
    buf_free(&buf);
}

static void a_gauge_is_set(void **state)
{
    (void)state;
    metric_set(METRIC_breaker_state, LABEL_NONE, 2);
    metric_set(METRIC_breaker_state, LABEL_NONE, 1);
    struct buf buf;
    assert_non_null(strstr(written(&buf), "# TYPE ecs_breaker_state gauge\necs_breaker_state 1\n"));
    buf_free(&buf);
}

static void a_histogram_is_cumulative_and_in_seconds(void **state)
{
    (void)state;
    metric_observe_us(METRIC_http_request_us, 100);
    metric_observe_us(METRIC_http_request_us, 101);
    metric_observe_us(METRIC_http_request_us, 60000000);
    struct buf buf;
    const char *text = written(&buf);
    assert_non_null(strstr(text, "# TYPE ecs_http_request_seconds histogram\n"
                                 "ecs_http_request_seconds_bucket{le=\"0.0001\"} 1\n"
                                 "ecs_http_request_seconds_bucket{le=\"0.00025\"} 2\n"));
    assert_non_null(strstr(text, "ecs_http_request_seconds_bucket{le=\"5\"} 2\n"
                                 "ecs_http_request_seconds_bucket{le=\"+Inf\"} 3\n"
                                 "ecs_http_request_seconds_sum 60.000201\n"
                                 "ecs_http_request_seconds_count 3\n"));
    buf_free(&buf);
}

static void *add_many(void *unused)
{
    for (int i = 0; i < 100000; i++)
        metric_add(METRIC_notifications, LABEL_NONE, 1);
    return unused;
}

static void threads_lose_no_count(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(metric_value(METRIC_notifications, LABEL_NONE), 400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_written_by_label),
        cmocka_unit_test(a_gauge_is_set),
        cmocka_unit_test(a_histogram_is_cumulative_and_in_seconds),
        cmocka_unit_test(threads_lose_no_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
