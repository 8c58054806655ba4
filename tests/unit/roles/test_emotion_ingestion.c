/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>

#include "../../doubles.h"
#include "fakes.h"

#define USER "0190a0b0-1111-7222-8333-444455556666"
#define EVENT(id)                                                                                  \
    "{\"userId\":\"" USER "\",\"timestamp\":\"2026-03-01T11:00:00Z\"," id "\"emotionEvent\":{"     \
    "\"type\":\"joy\",\"metrics\":{\"positivity\":1,\"intensity\":0,\"stress_level\":0.5}}}"

static struct fake_bus bus;
static struct clock_manual manual;
static struct entropy_seeded entropy;
static const struct role_settings settings = {.raw_life_us = 400 * DAY_US};
static struct role_context context = {
    .settings = &settings, .bus = &bus.base, .clock = &manual.base, .entropy = &entropy.base};
static struct exchange exchange;

static int setup(void **state)
{
    (void)state;
    clock_manual_init(&manual, fake_now_us);
    entropy_seeded_init(&entropy, 1);
    bus = (struct fake_bus){.base = {&fake_bus_ops}};
    return 0;
}

static void receive(const char *body, bool is_batch)
{
    fake_exchange_open(&exchange, body);
    exchange.request.is_batch = is_batch;
    role_emotion_ingestion.endpoints[0].handle(&context, &exchange);
}

static void one_event_is_answered_when_it_is_stored(void **state)
{
    (void)state;
    receive(EVENT("\"traceId\":\"of the client\","), false);
    assert_int_equal(bus.count, 1);
    assert_int_equal(fake_exchanges_done, 0);
    assert_string_equal(bus.messages[0].payload,
                        "{\"userId\":\"" USER "\",\"timestamp\":\"2026-03-01T11:00:00.000000Z\","
                        "\"emotionEvent\":{\"type\":\"joy\",\"metrics\":{\"positivity\":1.000000,"
                        "\"intensity\":0.000000,\"stress_level\":0.500000}},"
                        "\"traceId\":\"request-1\"}");
    assert_string_equal(bus.messages[0].request_id, "request-1");
    assert_int_equal(bus.messages[0].stream, STREAM_EMOTIONS);
    fake_confirm(&bus, 0, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    assert_string_equal(exchange.response.body.data,
                        "{\"status\":\"event received\",\"traceId\":\"request-1\"}");
    fake_exchange_close(&exchange);
}

static void an_event_that_is_not_stored_is_answered_503(void **state)
{
    (void)state;
    receive(EVENT(""), false);
    fake_confirm(&bus, 0, STATUS_UNAVAILABLE);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 503);
    assert_int_equal(exchange.response.retry_after_s, 1);
    assert_string_equal(exchange.response.body.data,
                        "Service unavailable. Could not connect to the messaging system.");
    fake_exchange_close(&exchange);
}

static void a_bus_may_confirm_before_publish_returns(void **state)
{
    (void)state;
    bus.confirms_at_once = true;
    bus.answer = STATUS_OK;
    receive(EVENT(""), false);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    fake_exchange_close(&exchange);
}

static void refusals_reach_no_bus(void **state)
{
    (void)state;
    receive("{", false);
    assert_int_equal(exchange.response.http_status, 400);
    assert_non_null(strstr(exchange.response.body.data, "Malformed JSON at line 1"));
    fake_exchange_close(&exchange);
    receive("{\"userId\":\"" USER "\"}", false);
    assert_int_equal(exchange.response.http_status, 422);
    assert_string_equal(
        exchange.response.body.data,
        "[{\"type\":\"missing\",\"loc\":[\"body\",\"timestamp\"],"
        "\"msg\":\"Field required\",\"input\":null},{\"type\":\"missing\","
        "\"loc\":[\"body\",\"emotionEvent\"],\"msg\":\"Field required\",\"input\":null}]");
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(bus.count, 0);
    fake_exchange_close(&exchange);
}

/* The bus drops a repetition by its message id; other content under the same event id must not be
 * dropped with it, for then nobody would hear of it. */
static void message_ids_follow_event_id_and_content(void **state)
{
    (void)state;
    bus.confirms_at_once = true;
    static const char *const bodies[] = {
        EVENT("\"eventId\":\"a\","),
        EVENT("\"eventId\":\"a\","),
        EVENT("\"eventId\":\"b\","),
        EVENT(""),
        EVENT(""),
        "{\"userId\":\"" USER "\",\"timestamp\":\"2026-03-01T11:00:00Z\",\"eventId\":\"a\","
        "\"emotionEvent\":{\"type\":\"joy\",\"metrics\":{\"positivity\":0,\"intensity\":0,"
        "\"stress_level\":0.5}}}"};
    for (size_t i = 0; i < 6; i++) {
        receive(bodies[i], false);
        fake_exchange_close(&exchange);
    }
    assert_string_equal(bus.messages[0].message_id, bus.messages[1].message_id);
    for (size_t i = 1; i < 6; i++)
        for (size_t k = i + 1; k < 6; k++)
            assert_string_not_equal(bus.messages[i].message_id, bus.messages[k].message_id);
}

static void a_batch_is_answered_once_after_the_last_confirmation(void **state)
{
    (void)state;
    receive(EVENT("") "\r\n\n{\n" EVENT("\"eventId\":\"e\",") "\n{}\n", true);
    assert_int_equal(bus.count, 2);
    fake_confirm(&bus, 1, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 0);
    fake_confirm(&bus, 0, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    assert_string_equal(
        exchange.response.body.data,
        "{\"status\":\"events received\",\"accepted\":2,\"rejected\":["
        "{\"line\":3,\"detail\":\"Malformed JSON at line 1, column 1: string or '}' expected.\"},"
        "{\"line\":5,\"detail\":\"userId: Field required; timestamp: Field required; "
        "emotionEvent: Field required\"}]}");
    fake_exchange_close(&exchange);
}

static void a_batch_fails_as_a_whole_when_the_bus_fails_once(void **state)
{
    (void)state;
    receive(EVENT("") "\n" EVENT("") "\n" EVENT(""), true);
    assert_int_equal(bus.count, 3);
    fake_confirm(&bus, 0, STATUS_OK);
    fake_confirm(&bus, 1, STATUS_UNAVAILABLE);
    fake_confirm(&bus, 2, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 503);
    assert_int_equal(exchange.response.retry_after_s, 1);
    fake_exchange_close(&exchange);
}

static void a_batch_without_a_valid_line_is_refused(void **state)
{
    (void)state;
    receive("\n{}\n[]\n", true);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 422);
    assert_non_null(strstr(exchange.response.body.data,
                           "No line of the batch is a valid event. Line 2: userId: Field"));
    fake_exchange_close(&exchange);
    receive(" \n\r\n", true);
    assert_int_equal(exchange.response.http_status, 422);
    assert_string_equal(exchange.response.body.data, "A batch holds at least one event.");
    fake_exchange_close(&exchange);
    assert_int_equal(bus.count, 0);
}

static char *lines(size_t count)
{
    static const char line[] = EVENT("") "\n";
    char *text = malloc(count * (sizeof line - 1) + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + i * (sizeof line - 1), line, sizeof line);
    return text;
}

static void a_thousand_lines_are_taken_and_no_more(void **state)
{
    (void)state;
    char *body = lines(HTTP_BATCH_LINES_MAX + 1);
    receive(body, true);
    assert_int_equal(exchange.response.http_status, 413);
    assert_string_equal(exchange.response.body.data, "A batch holds at most 1000 events.");
    assert_int_equal(bus.count, 0);
    fake_exchange_close(&exchange);
    free(body);
    body = lines(HTTP_BATCH_LINES_MAX);
    bus.confirms_at_once = true;
    receive(body, true);
    assert_int_equal(bus.count, HTTP_BATCH_LINES_MAX);
    assert_int_equal(fake_exchanges_done, 1);
    assert_string_equal(exchange.response.body.data,
                        "{\"status\":\"events received\",\"accepted\":1000,\"rejected\":[]}");
    fake_exchange_close(&exchange);
    free(body);
}

static void *confirm_every_second(void *first)
{
    for (size_t i = (size_t)first; i < bus.count; i += 2)
        fake_confirm(&bus, i, STATUS_OK);
    return NULL;
}

static void confirmations_may_come_from_several_threads(void **state)
{
    (void)state;
    char *body = lines(HTTP_BATCH_LINES_MAX);
    receive(body, true);
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, confirm_every_second, (void *)i), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    fake_exchange_close(&exchange);
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_event_is_answered_when_it_is_stored, setup),
        cmocka_unit_test_setup(an_event_that_is_not_stored_is_answered_503, setup),
        cmocka_unit_test_setup(a_bus_may_confirm_before_publish_returns, setup),
        cmocka_unit_test_setup(refusals_reach_no_bus, setup),
        cmocka_unit_test_setup(message_ids_follow_event_id_and_content, setup),
        cmocka_unit_test_setup(a_batch_is_answered_once_after_the_last_confirmation, setup),
        cmocka_unit_test_setup(a_batch_fails_as_a_whole_when_the_bus_fails_once, setup),
        cmocka_unit_test_setup(a_batch_without_a_valid_line_is_refused, setup),
        cmocka_unit_test_setup(a_thousand_lines_are_taken_and_no_more, setup),
        cmocka_unit_test_setup(confirmations_may_come_from_several_threads, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
