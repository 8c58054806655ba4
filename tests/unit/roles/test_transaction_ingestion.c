/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "../../doubles.h"
#include "adapters/cache_memory.h"
#include "domain/event.h"
#include "fakes.h"
#include "store/events.h"
#include "wire/transaction_json.h"

#define USER "0190a0b0-1111-7222-8333-444455556666"
#define OTHER "0190a0b0-1111-7222-8333-444455556667"

static struct fake_bus bus;
static struct clock_manual manual;
static struct entropy_seeded entropy;
static struct store {
    int asked;
} database;
static const struct role_settings settings = {.raw_life_us = 400 * DAY_US, .currency = "EUR"};
static struct role_context context = {.settings = &settings,
                                      .store = &database,
                                      .bus = &bus.base,
                                      .clock = &manual.base,
                                      .entropy = &entropy.base};
static struct exchange exchange;

/* A store that counted one event, and knows one Idempotency-Key: the linker puts these functions in
 * the place of its own (tests/meson.build). */
static enum status database_answer;
static struct hash counted_key, counted_content, claimed;

__typeof__(store_ids_check) __wrap_store_ids_check;
__typeof__(store_submission_claim) __wrap_store_submission_claim;

enum status __wrap_store_ids_check(struct store *store, struct id_check checks[], size_t count)
{
    store->asked++;
    for (size_t i = 0; i < count; i++)
        checks[i].conflicts = hash_compare(&checks[i].key, &counted_key) == 0 &&
                              hash_compare(&checks[i].content, &counted_content) != 0;
    return database_answer;
}

enum status __wrap_store_submission_claim(struct store *store, const struct uuid *owner,
                                          const struct idempotency *idempotency, int64_t now_us)
{
    (void)owner, (void)now_us;
    static const struct hash none;
    store->asked++;
    if (database_answer == STATUS_OK && hash_compare(&claimed, &none) != 0 &&
        hash_compare(&claimed, &idempotency->request) != 0)
        return STATUS_CONFLICT;
    claimed = idempotency->request;
    return database_answer;
}

static int setup(void **state)
{
    (void)state;
    clock_manual_init(&manual, fake_now_us);
    entropy_seeded_init(&entropy, 1);
    bus = (struct fake_bus){.base = {&fake_bus_ops}};
    database_answer = STATUS_OK;
    counted_key = counted_content = claimed = (struct hash){{0}};
    database.asked = 0;
    return cache_memory_open(1 << 20, &manual.base, &context.cache) == STATUS_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    fake_exchange_close(&exchange);
    cache_close(context.cache);
    return 0;
}

static void receive_from_producer(const char *body, bool is_batch)
{
    fake_exchange_open(&exchange, body);
    exchange.request.principal.is_producer = true;
    snprintf(exchange.request.principal.producer, PRODUCER_MAX + 1, "bank");
    exchange.request.is_batch = is_batch;
    exchange.may_block = true;
    role_transaction_ingestion.endpoints[0].handle(&context, &exchange);
}

static const char *key; /* Idempotency-Key of what is received */

static void receive_where(const char *body, bool may_block)
{
    fake_exchange_open(&exchange, body);
    exchange.may_block = may_block;
    exchange.request.idempotency_key = slice_of(key);
    assert_int_equal(uuid_parse(USER, strlen(USER), &exchange.request.principal.user_id),
                     STATUS_OK);
    role_transaction_ingestion.endpoints[0].handle(&context, &exchange);
}

static void receive(const char *body)
{
    receive_where(body, true);
}

/* Receives what the bus takes at once, or what never reaches it; its status. */
static int status_of(const char *body)
{
    bus.confirms_at_once = true;
    receive(body);
    int status = exchange.response.http_status;
    assert_int_equal(fake_exchanges_done, 1);
    fake_exchange_close(&exchange);
    exchange = (struct exchange){0};
    return status;
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

static void nothing_waits_where_nothing_can_be_known(void **state)
{
    (void)state;
    receive_where("{\"userId\":\"" USER "\",\"amount\":1}", false);
    assert_int_equal(fake_exchanges_deferred, 0);
    assert_int_equal(bus.count, 1);
    assert_int_equal(database.asked, 0);
}

static void what_must_be_looked_up_goes_where_it_may_wait(void **state)
{
    (void)state;
    receive_where("{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}", false);
    assert_int_equal(fake_exchanges_deferred, 1);
    assert_int_equal(fake_exchanges_done, 0);
    assert_int_equal(bus.count, 0);
    fake_exchange_close(&exchange);
    key = "k";
    receive_where("{\"userId\":\"" USER "\",\"amount\":1}", false);
    key = NULL;
    assert_int_equal(fake_exchanges_deferred, 1);
    assert_int_equal(bus.count, 0);
    assert_int_equal(database.asked, 0);
}

static void a_correction_is_refused_while_the_first_is_on_its_way(void **state)
{
    (void)state;
    static const char first[] = "{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}";
    static const char other[] = "{\"userId\":\"" USER "\",\"amount\":2,\"transactionId\":\"t\"}";
    assert_int_equal(status_of(first), 202);
    assert_int_equal(status_of(other), 409);
    assert_int_equal(status_of(first), 202);
    assert_int_equal(bus.count, 2);
    assert_string_equal(bus.messages[0].message_id, bus.messages[1].message_id);
}

static void a_correction_is_refused_once_the_first_is_counted(void **state)
{
    (void)state;
    struct transaction_event event;
    struct refusal refusal;
    const struct event_origin origin = {.stream = STREAM_TRANSACTIONS, .published_us = fake_now_us};
    const struct transaction_rules rules = {.oldest_us = DAY_US, .source = SOURCE_SELF};
    static const char first[] = "{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}";
    assert_int_equal(transaction_decode(slice_of(first), &origin, &rules, &event, &refusal),
                     STATUS_OK);
    counted_key = event.key;
    counted_content = event.content;
    assert_int_equal(status_of("{\"userId\":\"" USER "\",\"amount\":2,\"transactionId\":\"t\"}"),
                     409);
    assert_int_equal(status_of(first), 202);
    /* A database that is away costs this answer and nothing else. */
    database_answer = STATUS_UNAVAILABLE;
    clock_manual_advance(&manual, HOUR_US);
    assert_int_equal(status_of("{\"userId\":\"" USER "\",\"amount\":2,\"transactionId\":\"t\"}"),
                     202);
}

/* Whoever can write to the cache cannot have a payment refused. */
static void a_cache_that_lies_refuses_nothing(void **state)
{
    (void)state;
    static const char first[] = "{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}";
    static const char lie[] = "0123456789abcdef0123456789abcdef";
    char name[HASH_TEXT_SIZE + 16], hash[HASH_TEXT_SIZE];
    assert_int_equal(status_of(first), 202);
    const struct event_origin origin = {.stream = STREAM_TRANSACTIONS};
    struct uuid user;
    assert_int_equal(uuid_parse(USER, strlen(USER), &user), STATUS_OK);
    struct hash event = event_key(&origin, IDS_OF_PERSON, &user, slice_of("t"), slice_of(""));
    hash_format(&event, hash);
    snprintf(name, sizeof name, "transaction:%s", hash);
    struct buf found;
    buf_init(&found, 64);
    assert_int_equal(cache_get(context.cache, name, &found), STATUS_OK);
    buf_free(&found);
    assert_int_equal(cache_set(context.cache, name, slice_of(lie), HOUR_US), STATUS_OK);
    assert_int_equal(status_of(first), 202);
}

static void an_idempotency_key_is_for_one_request(void **state)
{
    (void)state;
    static const char first[] = "{\"userId\":\"" USER "\",\"amount\":1}";
    key = "k";
    assert_int_equal(status_of(first), 202);
    assert_int_equal(status_of(first), 202);
    assert_int_equal(status_of("{\"userId\":\"" USER "\",\"amount\":2}"), 422);
    assert_int_equal(bus.count, 2);
    assert_string_equal(bus.messages[0].message_id, bus.messages[1].message_id);
    key = "l";
    claimed = (struct hash){{0}};
    assert_int_equal(status_of(first), 202);
    assert_string_not_equal(bus.messages[0].message_id, bus.messages[2].message_id);
    /* What cannot be promised is not taken. */
    database_answer = STATUS_UNAVAILABLE;
    assert_int_equal(status_of(first), 503);
    database_answer = STATUS_TOO_MANY_REQUESTS;
    assert_int_equal(status_of(first), 429);
    key = NULL;
    assert_int_equal(bus.count, 3);
}

static void lines_of_a_batch_are_compared(void **state)
{
    (void)state;
    bus.confirms_at_once = true;
    receive_from_producer("{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}\n"
                          "{\"userId\":\"" USER "\",\"amount\":2,\"transactionId\":\"t\"}\n"
                          "{\"userId\":\"" USER "\",\"amount\":1,\"transactionId\":\"t\"}\n"
                          "{\"userId\":\"" USER "\",\"amount\":1,\"currency\":\"JPY\"}\n",
                          true);
    assert_int_equal(bus.count, 2);
    assert_string_equal(
        exchange.response.body.data,
        "{\"status\":\"events received\",\"accepted\":2,\"rejected\":["
        "{\"line\":2,\"detail\":\"transactionId was used for another transaction.\"},"
        "{\"line\":4,\"detail\":\"currency: Input should be 'EUR', the currency of all amounts "
        "here\"}]}");
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

/* The name of a producer's key, and one for all who report with their own tokens. */
static void a_message_has_the_name_of_its_producer(void **state)
{
    (void)state;
    receive_from_producer("{\"userId\":\"" OTHER "\",\"amount\":1}", false);
    assert_string_equal(bus.messages[0].producer, "bank");
    fake_confirm(&bus, 0, STATUS_OK);
    fake_exchange_close(&exchange);
    receive("{\"userId\":\"" USER "\",\"amount\":1}");
    assert_string_equal(bus.messages[1].producer, "people");
    fake_confirm(&bus, 1, STATUS_OK);
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
        cmocka_unit_test_setup_teardown(nothing_waits_where_nothing_can_be_known, setup, teardown),
        cmocka_unit_test_setup_teardown(what_must_be_looked_up_goes_where_it_may_wait, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_correction_is_refused_while_the_first_is_on_its_way,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_correction_is_refused_once_the_first_is_counted, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_cache_that_lies_refuses_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(an_idempotency_key_is_for_one_request, setup, teardown),
        cmocka_unit_test_setup_teardown(lines_of_a_batch_are_compared, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_reports_for_another, setup, teardown),
        cmocka_unit_test_setup_teardown(a_producer_reports_for_anybody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_message_has_the_name_of_its_producer, setup, teardown),
        cmocka_unit_test_setup_teardown(a_producer_sends_a_batch, setup, teardown),
        cmocka_unit_test_setup_teardown(field_errors_come_before_the_question_whose_it_is, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_not_json_is_answered_400, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
