/* SPDX-License-Identifier: Apache-2.0
 *
 * What a span says to a collector, and what becomes of spans when the collector is silent. That a
 * collector gets them is proven by tests/system/test_tracing.py.
 */
#include "adapters/tracer_otlp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit.h"

#include "../../doubles.h"
#include "adapters/clock.h"
#include "adapters/entropy.h"
#include "process/metrics.h"

static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
static const char unsampled[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/* A tracer that keeps the last span. */
static struct {
    struct tracer base;
    struct clock_manual clock;
    struct entropy_seeded entropy;
    struct span last;
    int count;
} kept;

static void keep(struct tracer *tracer, const struct span *span)
{
    (void)tracer;
    kept.last = *span;
    kept.count++;
}

static int kept_open(void **state)
{
    static const struct tracer_ops ops = {.record = keep};
    (void)state;
    clock_manual_init(&kept.clock, 1700000000LL * SECOND_US);
    entropy_seeded_init(&kept.entropy, 7);
    kept.base = (struct tracer){&ops, &kept.clock.base, &kept.entropy.base};
    kept.count = 0;
    return 0;
}

/* Not inlined: gcc would tell of bytes that an invalid parent does not have, and nobody reads. */
static __attribute__((noinline)) void begin(struct span *span, struct tracer *tracer,
                                            const char *caused_by)
{
    span_begin(span, tracer, slice_of(caused_by), slice_of("request-1"));
}

static void a_span_is_beneath_its_parent(void **state)
{
    (void)state;
    struct span span;
    begin(&span, &kept.base, parent);
    assert_true(span.recorded);
    assert_string_equal(span.parent_id, "b7ad6b7169203331");
    assert_memory_equal(span.traceparent, parent, TRACEPARENT_SPAN_AT);
    assert_memory_not_equal(span.traceparent + TRACEPARENT_SPAN_AT, "b7ad6b7169203331", 16);
    assert_true(traceparent_valid(slice_of(span.traceparent)));
    assert_string_equal(span.request_id, "request-1");
    span_end(&span, &kept.base);
    assert_int_equal(kept.count, 1);
    assert_true(kept.last.ended_us >= kept.last.started_us);
}

static void without_a_parent_a_trace_begins(void **state)
{
    (void)state;
    struct span one, other;
    begin(&one, &kept.base, NULL);
    begin(&other, &kept.base, "nonsense");
    assert_true(one.recorded && other.recorded);
    assert_string_equal(one.parent_id, "");
    assert_true(traceparent_sampled(one.traceparent));
    assert_memory_not_equal(one.traceparent + TRACEPARENT_TRACE_AT,
                            other.traceparent + TRACEPARENT_TRACE_AT, 2 * TRACE_BYTES);
}

static void what_nobody_wants_is_passed_on_as_it_came(void **state)
{
    (void)state;
    struct span span;
    begin(&span, &kept.base, unsampled);
    assert_false(span.recorded);
    assert_string_equal(span.traceparent, unsampled);
    begin(&span, NULL, parent);
    assert_false(span.recorded);
    assert_string_equal(span.traceparent, parent);
    begin(&span, NULL, "nonsense");
    assert_false(span.recorded);
    assert_string_equal(span.traceparent, "");
}

static void a_span_as_json(void **state)
{
    (void)state;
    const struct otlp_resource resource = {"ecs-user-credit", "an-instance"};
    struct span span = {
        .recorded = true,
        .failed = true,
        .kind = SPAN_SERVER,
        .action = "POST",
        .object = "/v1/transactions",
        .parent_id = "b7ad6b7169203331",
        .request_id = "request-1",
        .started_us = 1700000000123456LL,
        .ended_us = 1700000000123999LL,
    };
    struct buf json;
    buf_init(&json, 1 << 16);
    memcpy(span.traceparent, "00-0af7651916cd43dd8448eb211c80319c-0011223344556677-01",
           TRACEPARENT_LENGTH + 1);
    span_text(&span, "url.scheme", "http");
    span_number(&span, "http.response.status_code", 503);
    tracer_otlp_encode(&resource, &span, 1, &json);
    assert_string_equal(
        json.data,
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"ecs-user-credit\"}},"
        "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"" ECS_VERSION "\"}},"
        "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":\"an-instance\"}}]},"
        "\"scopeSpans\":[{\"scope\":{\"name\":\"ecs\"},\"spans\":[{"
        "\"traceId\":\"0af7651916cd43dd8448eb211c80319c\",\"spanId\":\"0011223344556677\","
        "\"parentSpanId\":\"b7ad6b7169203331\",\"name\":\"POST /v1/transactions\",\"kind\":2,"
        "\"startTimeUnixNano\":\"1700000000123456000\",\"endTimeUnixNano\":\"1700000000123999000\","
        "\"attributes\":[{\"key\":\"url.scheme\",\"value\":{\"stringValue\":\"http\"}},"
        "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"503\"}},"
        "{\"key\":\"ecs.request_id\",\"value\":{\"stringValue\":\"request-1\"}}],"
        "\"status\":{\"code\":2}}]}]}]}");
    buf_free(&json);
}

static void a_root_has_no_parent_and_a_success_no_status(void **state)
{
    (void)state;
    const struct otlp_resource resource = {"ecs", "an-instance"};
    struct span span = {.kind = SPAN_CONSUMER, .action = "HTTP"};
    struct buf json;
    buf_init(&json, 1 << 16);
    memcpy(span.traceparent, parent, sizeof parent);
    tracer_otlp_encode(&resource, &span, 1, &json);
    assert_non_null(strstr(json.data, "\"name\":\"HTTP\",\"kind\":5"));
    assert_null(strstr(json.data, "parentSpanId"));
    assert_null(strstr(json.data, "status"));
    buf_free(&json);
}

/* A collector that takes connections and never answers. */
static int silence(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, 64, "http://127.0.0.1:%d", ntohs(address.sin_port));
    return fd;
}

static void a_full_buffer_drops_and_never_waits(void **state)
{
    (void)state;
    enum { SPANS = 3 * TRACE_SPANS_MAX };
    char url[64];
    int fd = silence(url);
    struct tracer *tracer;
    assert_int_equal(tracer_otlp_open(url, "ecs", clock_system(), entropy_system(), &tracer),
                     STATUS_OK);
    int64_t before_us = clock_monotonic_us(clock_system());
    for (int i = 0; i < SPANS; i++) {
        struct span span;
        begin(&span, tracer, parent);
        span.kind = SPAN_SERVER;
        span.action = "GET";
        span.object = NULL;
        span_end(&span, tracer);
    }
    /* Had one of them waited for the collector, it would be a second; the rest of the bound is for
     * sanitizers. */
    assert_true(clock_monotonic_us(clock_system()) - before_us < TRACE_EXPORT_MS * 1000LL);
    assert_true(metric_value(METRIC_trace_spans, LABEL_dropped) >= SPANS - 2 * TRACE_SPANS_MAX);
    before_us = clock_monotonic_us(clock_system());
    tracer_close(tracer);
    assert_true(clock_monotonic_us(clock_system()) - before_us <
                TRACE_EXPORT_MS * 1000LL + TRACE_FLUSH_US + SECOND_US);
    assert_int_equal(metric_value(METRIC_trace_spans, LABEL_dropped), SPANS);
    assert_int_equal(metric_value(METRIC_trace_spans, LABEL_exported), 0);
    close(fd);
}

static void an_endpoint_is_a_url(void **state)
{
    (void)state;
    struct tracer *tracer;
    assert_int_equal(
        tracer_otlp_open("collector:4318", "ecs", clock_system(), entropy_system(), &tracer),
        STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_span_is_beneath_its_parent, kept_open),
        cmocka_unit_test_setup(without_a_parent_a_trace_begins, kept_open),
        cmocka_unit_test_setup(what_nobody_wants_is_passed_on_as_it_came, kept_open),
        cmocka_unit_test(a_span_as_json),
        cmocka_unit_test(a_root_has_no_parent_and_a_success_no_status),
        cmocka_unit_test(a_full_buffer_drops_and_never_waits),
        cmocka_unit_test(an_endpoint_is_a_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
