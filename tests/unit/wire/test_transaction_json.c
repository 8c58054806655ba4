/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/transaction_json.h"

#include <stdio.h>

#include "../unit.h"

#define USER "\"userId\":\"0190a0b0-1111-7222-8333-444455556666\","
#define LONG_65 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static const int64_t noon_us = 1772366400LL * SECOND_US; /* 2026-03-01T12:00:00Z */
static struct transaction_rules rules = {.oldest_us = 400 * DAY_US};
static struct transaction_event event;
static struct refusal refusal;

static enum status decode_bytes(struct slice payload)
{
    struct event_origin origin = {.stream = STREAM_TRANSACTIONS,
                                  .stream_created_us = 1,
                                  .sequence = 2,
                                  .published_us = noon_us};
    return transaction_decode(payload, &origin, &rules, &event, &refusal);
}

static enum status decode(const char *payload)
{
    return decode_bytes(slice_of(payload));
}

struct refused {
    const char *payload, *type, *loc, *message, *input;
};

static const struct refused refusals[] = {
    {"\"pay\"", "model_attributes_type", "body", "Input should be a valid object", "null"},
    {"{\"amount\":1}", "missing", "body.userId", "Field required", "null"},
    {"{\"userId\":[],\"amount\":1}", "uuid_type", "body.userId", "UUID input should be a string",
     "[]"},
    {"{" USER "\"x\":1}", "missing", "body.amount", "Field required", "null"},
    {"{" USER "\"amount\":null}", "float_type", "body.amount", "Input should be a valid number",
     "null"},
    {"{" USER "\"amount\":true}", "float_type", "body.amount", "Input should be a valid number",
     "true"},
    {"{" USER "\"amount\":{\"a\":1.5}}", "float_type", "body.amount",
     "Input should be a valid number", "{\"a\":1.5}"},
    {"{" USER "\"amount\":\"ten\"}", "float_parsing", "body.amount",
     "Input should be a valid number, unable to parse string as a number", "\"ten\""},
    {"{" USER "\"amount\":\"inf\"}", "float_parsing", "body.amount",
     "Input should be a valid number, unable to parse string as a number", "\"inf\""},
    {"{" USER "\"amount\":0}", "greater_than", "body.amount", "Input should be greater than 0",
     "0"},
    {"{" USER "\"amount\":-0.01}", "greater_than", "body.amount", "Input should be greater than 0",
     "-0.01"},
    {"{" USER "\"amount\":\"-1e99\"}", "greater_than", "body.amount",
     "Input should be greater than 0", "\"-1e99\""},
    {"{" USER "\"amount\":0.009}", "greater_than_equal", "body.amount",
     "Input should be greater than or equal to 0.01", "0.009"},
    {"{" USER "\"amount\":\"1e-400\"}", "greater_than", "body.amount",
     "Input should be greater than 0", "\"1e-400\""},
    {"{" USER "\"amount\":100000000}", "less_than_equal", "body.amount",
     "Input should be less than or equal to 99999999.99", "100000000"},
    {"{" USER "\"amount\":99999999.995}", "less_than_equal", "body.amount",
     "Input should be less than or equal to 99999999.99", "99999999.995"},
    {"{" USER "\"amount\":\"1e999\"}", "less_than_equal", "body.amount",
     "Input should be less than or equal to 99999999.99", "\"1e999\""},
    {"{" USER "\"amount\":9223372036854775807}", "less_than_equal", "body.amount",
     "Input should be less than or equal to 99999999.99", "9223372036854775807"},
    {"{" USER "\"amount\":1,\"currency\":\"EU\"}", "string_too_short", "body.currency",
     "String should have at least 3 characters", "\"EU\""},
    {"{" USER "\"amount\":1,\"currency\":\"EURO\"}", "string_too_long", "body.currency",
     "String should have at most 3 bytes", "\"EURO\""},
    {"{" USER "\"amount\":1,\"currency\":\"E1R\"}", "string_pattern_mismatch", "body.currency",
     "String should match pattern '^[A-Za-z]{3}$'", "\"E1R\""},
    {"{" USER "\"amount\":1,\"direction\":\"up\"}", "literal_error", "body.direction",
     "Input should be 'in' or 'out'", "\"up\""},
    {"{" USER "\"amount\":1,\"direction\":1}", "literal_error", "body.direction",
     "Input should be 'in' or 'out'", "1"},
    {"{" USER "\"amount\":1,\"category\":\"\"}", "string_too_short", "body.category",
     "String should have at least 1 character", "\"\""},
    {"{" USER "\"amount\":1,\"category\":\"" LONG_65 "\"}", "string_too_long", "body.category",
     "String should have at most 64 bytes", "null"},
    {"{" USER "\"amount\":1,\"occurredAt\":\"2026-02-30\"}", "datetime_parsing", "body.occurredAt",
     "Input should be a valid datetime in ISO 8601, from 1970 to 9999", "\"2026-02-30\""},
    {"{" USER "\"amount\":1,\"occurredAt\":\"2026-03-01T12:06:00\"}", "datetime_ahead",
     "body.occurredAt", "Input should be at most 300 seconds after the event is received",
     "\"2026-03-01T12:06:00\""},
    {"{" USER "\"amount\":1,\"occurredAt\":\"2020-01-01\"}", "datetime_too_old", "body.occurredAt",
     "Input should be less than 400 days before the event is received", "\"2020-01-01\""},
    {"{" USER "\"amount\":1,\"source\":\"bank\"}", "literal_error", "body.source",
     "Input should be 'core' or 'self'", "\"bank\""},
    {"{" USER "\"amount\":1,\"transactionId\":7}", "string_type", "body.transactionId",
     "Input should be a valid string", "7"},
};

static void each_refusal_names_field_and_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        const struct refused *wanted = &refusals[i];
        assert_int_equal(decode(wanted->payload), STATUS_INVALID);
        assert_int_equal(refusal.errors.count, 1);
        assert_string_equal(refusal.errors.items[0].type, wanted->type);
        assert_string_equal(refusal.errors.items[0].loc, wanted->loc);
        assert_string_equal(refusal.errors.items[0].message, wanted->message);
        assert_string_equal(refusal.errors.items[0].input, wanted->input);
    }
}

static void a_number_too_large_for_any_double_is_malformed(void **state)
{
    (void)state;
    assert_int_equal(decode("{" USER "\"amount\":1e999}"), STATUS_MALFORMED);
    assert_int_equal(decode("{" USER "\"amount\":NaN}"), STATUS_MALFORMED);
    assert_int_equal(decode("{" USER "\"amount\":-Infinity}"), STATUS_MALFORMED);
}

static void all_that_is_wrong_is_told_at_once(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"amount\":0,\"currency\":1,\"direction\":\"x\"}"), STATUS_INVALID);
    assert_int_equal(refusal.errors.count, 4);
}

static void amounts_are_exact_to_the_cent(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t cents;
    } amounts[] = {
        {"0.01", 1},
        {"\"0.01\"", 1},
        {"99999999.99", 9999999999},
        {"\"99999999.99\"", 9999999999},
        {"99999999", 9999999900},
        {"1.005", 101},
        {"\"1.005\"", 101},
        {"0.015", 2},
        {"2.675", 268},
        {"1e1", 1000},
        {"\" +12.5 \"", 1250},
        {"12.3400000000000000000000000000000000000000000000000000000000000000001", 1234},
    };
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        char payload[256];
        snprintf(payload, sizeof payload, "{" USER "\"amount\":%s}", amounts[i].text);
        assert_int_equal(decode(payload), STATUS_OK);
        assert_int_equal(event.amount_cents, amounts[i].cents);
    }
}

static void what_is_left_out_has_a_default(void **state)
{
    (void)state;
    assert_int_equal(decode("{" USER "\"amount\":1,\"currency\":null,\"direction\":null,"
                            "\"category\":null,\"occurredAt\":null,\"transactionId\":null}"),
                     STATUS_OK);
    assert_int_equal(event.occurred_at_us, noon_us);
    assert_int_equal(event.received_at_us, noon_us);
    assert_int_equal(event.direction, TRANSACTION_OUT);
    assert_string_equal(event.currency, "");
    assert_string_equal(event.category, "");
    assert_string_equal(event.transaction_id, "");
}

/* The edge stamps the time of a transaction that came without one: sent again later, with the
 * same id, it is still the same transaction. With another amount it is not. */
static void a_retry_has_the_same_key_and_content(void **state)
{
    (void)state;
    assert_int_equal(decode("{" USER "\"amount\":1,\"transactionId\":\"t\","
                            "\"occurredAt\":\"2026-03-01T11:00:00Z\"}"),
                     STATUS_OK);
    struct transaction_event first = event;
    assert_int_equal(decode("{" USER "\"amount\":\"1.00\",\"transactionId\":\"t\","
                            "\"occurredAt\":\"2026-03-01T11:00:01Z\",\"traceId\":\"x\"}"),
                     STATUS_OK);
    assert_int_equal(hash_compare(&first.key, &event.key), 0);
    assert_int_equal(hash_compare(&first.content, &event.content), 0);
    assert_int_equal(decode("{" USER "\"amount\":1.01,\"transactionId\":\"t\"}"), STATUS_OK);
    assert_int_equal(hash_compare(&first.key, &event.key), 0);
    assert_int_not_equal(hash_compare(&first.content, &event.content), 0);
    static const char *const others[] = {
        "{" USER "\"amount\":1,\"direction\":\"in\"}",
        "{" USER "\"amount\":1,\"currency\":\"EUR\"}",
        "{" USER "\"amount\":1,\"category\":\"food\"}",
        "{\"userId\":\"0190a0b0-1111-7222-8333-444455556667\",\"amount\":1}",
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(decode(others[i]), STATUS_OK);
        assert_int_not_equal(hash_compare(&first.content, &event.content), 0);
    }
}

/* On the bus the payload says whose word it is; at the edge, whoever hands it in. */
static void a_transaction_has_a_source(void **state)
{
    (void)state;
    static const char bare[] = "{" USER "\"amount\":1,\"transactionId\":\"t\"}";
    static const char core[] = "{" USER "\"amount\":1,\"transactionId\":\"t\",\"source\":\"core\"}";
    static const char self[] = "{" USER "\"amount\":1,\"transactionId\":\"t\",\"source\":\"self\"}";
    assert_int_equal(decode(bare), STATUS_OK);
    assert_int_equal(event.source, SOURCE_CORE);
    struct hash key = event.key;
    assert_int_equal(decode(core), STATUS_OK);
    assert_int_equal(event.source, SOURCE_CORE);
    assert_int_equal(hash_compare(&event.key, &key), 0);
    assert_int_equal(decode(self), STATUS_OK);
    assert_int_equal(event.source, SOURCE_SELF);
    assert_int_not_equal(hash_compare(&event.key, &key), 0);
    rules.source = SOURCE_SELF;
    assert_int_equal(decode(core), STATUS_OK);
    assert_int_equal(event.source, SOURCE_SELF);
    rules.source = SOURCE_CORE;
    assert_int_equal(decode("{" USER "\"amount\":1,\"source\":7}"), STATUS_OK);
    assert_int_equal(event.source, SOURCE_CORE);
    rules.source = SOURCE_UNSAID;
}

static void all_amounts_are_in_one_currency(void **state)
{
    (void)state;
    rules.currency = "EUR";
    assert_int_equal(decode("{" USER "\"amount\":1,\"currency\":\"eur\"}"), STATUS_OK);
    assert_string_equal(event.currency, "EUR");
    assert_int_equal(decode("{" USER "\"amount\":1}"), STATUS_OK);
    assert_int_equal(decode("{" USER "\"amount\":1,\"currency\":\"JPY\"}"), STATUS_INVALID);
    assert_int_equal(refusal.errors.count, 1);
    assert_string_equal(refusal.errors.items[0].loc, "body.currency");
    assert_string_equal(refusal.errors.items[0].message,
                        "Input should be 'EUR', the currency of all amounts here");
    rules.currency = NULL;
}

static void encoding_and_decoding_keep_every_value(void **state)
{
    (void)state;
    struct buf json;
    buf_init(&json, BUS_PAYLOAD_MAX);
    for (int i = 0; i < 2000; i++) {
        struct transaction_event in = {
            .occurred_at_us = noon_us - (int64_t)(unit_random() % DAY_US),
            .amount_cents = 1 + (int64_t)(unit_random() % AMOUNT_CENTS_MAX),
            .direction = i % 2 == 0 ? TRANSACTION_IN : TRANSACTION_OUT,
            .source = i % 3 == 0 ? SOURCE_CORE : SOURCE_SELF,
            .currency = "EUR",
            .category = "gro\xc3\x9f \\ \"",
            .transaction_id = "t",
            .trace_id = "r"};
        unit_random_bytes(in.user_id.bytes, sizeof in.user_id.bytes);
        buf_clear(&json);
        transaction_encode(&in, &json);
        assert_int_equal(decode(json.data), STATUS_OK);
        assert_int_equal(event.occurred_at_us, in.occurred_at_us);
        assert_int_equal(event.amount_cents, in.amount_cents);
        assert_int_equal(event.direction, in.direction);
        assert_int_equal(event.source, in.source);
        assert_string_equal(event.currency, in.currency);
        assert_string_equal(event.category, in.category);
        assert_string_equal(event.transaction_id, in.transaction_id);
        assert_string_equal(event.trace_id, in.trace_id);
        assert_true(uuid_equal(&event.user_id, &in.user_id));
    }
    buf_free(&json);
}

static void ten_thousand_mutations_never_crash(void **state)
{
    (void)state;
    static const char whole[] =
        "{" USER "\"amount\":12.34,\"currency\":\"EUR\",\"direction\":\"in\",\"category\":\"c\","
        "\"occurredAt\":\"2026-03-01T11:00:00Z\",\"transactionId\":\"t\",\"traceId\":\"x\"}";
    size_t refused = 0;
    for (int i = 0; i < 10000; i++) {
        char mutated[sizeof whole + 8];
        size_t size = unit_mutate(whole, sizeof whole - 1, mutated, sizeof mutated);
        enum status status = decode_bytes((struct slice){mutated, size});
        assert_true(status == STATUS_OK || status == STATUS_INVALID || status == STATUS_MALFORMED);
        assert_true((status == STATUS_INVALID) == (refusal.errors.count > 0));
        refused += status != STATUS_OK;
    }
    assert_in_range(refused, 5000, 10000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_names_field_and_limit),
        cmocka_unit_test(a_number_too_large_for_any_double_is_malformed),
        cmocka_unit_test(all_that_is_wrong_is_told_at_once),
        cmocka_unit_test(amounts_are_exact_to_the_cent),
        cmocka_unit_test(what_is_left_out_has_a_default),
        cmocka_unit_test(a_retry_has_the_same_key_and_content),
        cmocka_unit_test(a_transaction_has_a_source),
        cmocka_unit_test(all_amounts_are_in_one_currency),
        cmocka_unit_test(encoding_and_decoding_keep_every_value),
        cmocka_unit_test(ten_thousand_mutations_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
