/* SPDX-License-Identifier: Apache-2.0 */
#include "adapters/clock_manual.h"
#include "adapters/entropy_seeded.h"
#include "fakes.h"

#define USER "0190a0b0-1111-7222-8333-444455556666"
#define OTHER "0190a0b0-1111-7222-8333-444455556667"

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

static int teardown(void **state)
{
    (void)state;
    fake_exchange_close(&exchange);
    return 0;
}

static void receive_from_producer(const char *body, bool is_batch)
{
    fake_exchange_open(&exchange, body);
    exchange.request.principal.is_producer = true;
    exchange.request.is_batch = is_batch;
    role_transaction_ingestion.endpoints[0].handle(&context, &exchange);
}

static void receive(const char *body)
{
    fake_exchange_open(&exchange, body);
    assert_int_equal(uuid_parse(USER, strlen(USER), &exchange.request.principal.user_id),
                     STATUS_OK);
    role_transaction_ingestion.endpoints[0].handle(&context, &exchange);
}

static void a_transaction_is_answered_when_it_is_stored(void **state)
{
    (void)state;
    receive("{\"userId\":\"" USER "\",\"amount\":\"12.5\",\"currency\":\"eur\","
            "\"direction\":\"in\",\"category\":\"pay\",\"transactionId\":\"t-1\"}");
    assert_int_equal(fake_exchanges_done, 0);
    assert_int_equal(bus.count, 1);
    assert_int_equal(bus.messages[0].stream, STREAM_TRANSACTIONS);
    assert_string_equal(bus.messages[0].payload,
                        "{\"userId\":\"" USER "\",\"amount\":12.50,\"currency\":\"EUR\","
                        "\"direction\":\"in\",\"category\":\"pay\","
                        "\"occurredAt\":\"2026-03-01T12:00:00.000000Z\","
                        "\"transactionId\":\"t-1\",\"source\":\"self\","
                        "\"traceId\":\"request-1\"}");
    fake_confirm(&bus, 0, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    assert_string_equal(exchange.response.body.data,
                        "{\"status\":\"event received\",\"userId\":\"" USER "\"}");
}

static void a_transaction_that_is_not_stored_is_answered_503(void **state)
{
    (void)state;
    receive("{\"userId\":\"" USER "\",\"amount\":1}");
    fake_confirm(&bus, 0, STATUS_UNAVAILABLE);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 503);
    assert_int_equal(exchange.response.retry_after_s, 1);
}

static void nobody_reports_for_another(void **state)
{
    (void)state;
    receive("{\"userId\":\"" OTHER "\",\"amount\":1}");
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 403);
    assert_string_equal(exchange.response.body.data, "Not allowed for this user.");
    assert_int_equal(bus.count, 0);
}

static void a_producer_reports_for_anybody(void **state)
{
    (void)state;
    receive_from_producer("{\"userId\":\"" OTHER "\",\"amount\":1,\"source\":\"self\"}", false);
    assert_int_equal(bus.count, 1);
    assert_non_null(strstr(bus.messages[0].payload, "\"source\":\"core\""));
    fake_confirm(&bus, 0, STATUS_OK);
    assert_int_equal(exchange.response.http_status, 202);
}

static void a_producer_sends_a_batch(void **state)
{
    (void)state;
    receive_from_producer("{\"userId\":\"" USER "\",\"amount\":1}\n{\"userId\":\"" OTHER "\"}\n\n"
                          "{\"userId\":\"" OTHER "\",\"amount\":2}\n",
                          true);
    assert_int_equal(bus.count, 2);
    assert_memory_equal(bus.messages[0].payload, "{\"userId\":\"" USER, 30);
    assert_memory_equal(bus.messages[1].payload, "{\"userId\":\"" OTHER, 30);
    fake_confirm(&bus, 0, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 0);
    fake_confirm(&bus, 1, STATUS_OK);
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 202);
    assert_string_equal(exchange.response.body.data,
                        "{\"status\":\"events received\",\"accepted\":2,\"rejected\":["
                        "{\"line\":2,\"detail\":\"amount: Field required\"}]}");
}

static void field_errors_come_before_the_question_whose_it_is(void **state)
{
    (void)state;
    receive("{\"userId\":\"" OTHER "\",\"amount\":0}");
    assert_int_equal(exchange.response.http_status, 422);
    assert_non_null(strstr(exchange.response.body.data, "Input should be greater than 0"));
    assert_int_equal(bus.count, 0);
}

static void what_is_not_json_is_answered_400(void **state)
{
    (void)state;
    receive("amount=1");
    assert_int_equal(fake_exchanges_done, 1);
    assert_int_equal(exchange.response.http_status, 400);
    assert_int_equal(bus.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_transaction_is_answered_when_it_is_stored, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_transaction_that_is_not_stored_is_answered_503, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nobody_reports_for_another, setup, teardown),
        cmocka_unit_test_setup_teardown(a_producer_reports_for_anybody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_producer_sends_a_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(field_errors_come_before_the_question_whose_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_not_json_is_answered_400, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
