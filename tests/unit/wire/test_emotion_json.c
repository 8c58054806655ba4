/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/emotion_json.h"

#include "../unit.h"

#define USER "\"userId\":\"0190a0b0-1111-7222-8333-444455556666\","
#define TIME "\"timestamp\":\"2026-03-01T12:00:00Z\","
#define FEELING(metrics) "\"emotionEvent\":{\"type\":\"joy\",\"metrics\":{" metrics "}}"
#define METRICS "\"positivity\":0.5,\"intensity\":0.25,\"stress_level\":0.125"
#define WHOLE "{" USER TIME FEELING(METRICS) "}"

enum { DAYS = 400 };
static const int64_t noon_us = 1772366400LL * SECOND_US; /* 2026-03-01T12:00:00Z */

static struct emotion_event event;
static struct refusal refusal;

static struct event_origin origin_at(int64_t published_us)
{
    return (struct event_origin){.stream = STREAM_EMOTIONS,
                                 .stream_created_us = 1,
                                 .sequence = 2,
                                 .published_us = published_us};
}

static enum status decode(const char *payload)
{
    struct event_origin origin = origin_at(noon_us);
    return emotion_decode(slice_of(payload), &origin, DAYS * DAY_US, &event, &refusal);
}

/* One refusal: the payload, the error's type, its place and its message. */
struct refused {
    const char *payload, *type, *loc, *message;
};

static const struct refused refusals[] = {
    {"[]", "model_attributes_type", "body", "Input should be a valid object"},
    {"1", "model_attributes_type", "body", "Input should be a valid object"},
    {"{" TIME FEELING(METRICS) "}", "missing", "body.userId", "Field required"},
    {"{\"userId\":7," TIME FEELING(METRICS) "}", "uuid_type", "body.userId",
     "UUID input should be a string"},
    {"{\"userId\":null," TIME FEELING(METRICS) "}", "uuid_type", "body.userId",
     "UUID input should be a string"},
    {"{\"userId\":\"me\"," TIME FEELING(METRICS) "}", "uuid_parsing", "body.userId",
     "Input should be a valid UUID of 36 characters, unable to parse"},
    {"{" USER FEELING(METRICS) "}", "missing", "body.timestamp", "Field required"},
    {"{" USER "\"timestamp\":5," FEELING(METRICS) "}", "datetime_type", "body.timestamp",
     "Input should be a valid datetime, as text in ISO 8601"},
    {"{" USER "\"timestamp\":\"noon\"," FEELING(METRICS) "}", "datetime_parsing", "body.timestamp",
     "Input should be a valid datetime in ISO 8601, from 1970 to 9999"},
    {"{" USER "\"timestamp\":\"2026-03-01T12:05:00.000001Z\"," FEELING(METRICS) "}",
     "datetime_ahead", "body.timestamp",
     "Input should be at most 300 seconds after the event is received"},
    {"{" USER "\"timestamp\":\"2025-01-25T12:00:00Z\"," FEELING(METRICS) "}", "datetime_too_old",
     "body.timestamp", "Input should be less than 400 days before the event is received"},
    {"{" USER TIME "\"x\":1}", "missing", "body.emotionEvent", "Field required"},
    {"{" USER TIME "\"emotionEvent\":[]}", "model_attributes_type", "body.emotionEvent",
     "Input should be a valid object"},
    {"{" USER TIME "\"emotionEvent\":{\"metrics\":{" METRICS "}}}", "missing",
     "body.emotionEvent.type", "Field required"},
    {"{" USER TIME "\"emotionEvent\":{\"type\":1,\"metrics\":{" METRICS "}}}", "string_type",
     "body.emotionEvent.type", "Input should be a valid string"},
    {"{" USER TIME "\"emotionEvent\":{\"type\":\"\",\"metrics\":{" METRICS "}}}",
     "string_too_short", "body.emotionEvent.type", "String should have at least 1 character"},
    {"{" USER TIME "\"emotionEvent\":{\"type\":\"a\\u0007\",\"metrics\":{" METRICS "}}}",
     "string_pattern_mismatch", "body.emotionEvent.type",
     "String should have no control characters"},
    {"{" USER TIME "\"emotionEvent\":{\"type\":"
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\",\"metrics\":{" METRICS
     "}}}",
     "string_too_long", "body.emotionEvent.type", "String should have at most 64 bytes"},
    {"{" USER TIME "\"emotionEvent\":{\"type\":\"joy\"}}", "missing", "body.emotionEvent.metrics",
     "Field required"},
    {"{" USER TIME FEELING("\"intensity\":0,\"stress_level\":0") "}", "missing",
     "body.emotionEvent.metrics.positivity", "Field required"},
    {"{" USER TIME FEELING("\"positivity\":true,\"intensity\":0,\"stress_level\":0") "}",
     "float_type", "body.emotionEvent.metrics.positivity", "Input should be a valid number"},
    {"{" USER TIME FEELING("\"positivity\":\"x\",\"intensity\":0,\"stress_level\":0") "}",
     "float_parsing", "body.emotionEvent.metrics.positivity",
     "Input should be a valid number, unable to parse string as a number"},
    {"{" USER TIME FEELING("\"positivity\":\"nan\",\"intensity\":0,\"stress_level\":0") "}",
     "float_parsing", "body.emotionEvent.metrics.positivity",
     "Input should be a valid number, unable to parse string as a number"},
    {"{" USER TIME FEELING("\"positivity\":0,\"intensity\":1.0000001,\"stress_level\":0") "}",
     "less_than_equal", "body.emotionEvent.metrics.intensity",
     "Input should be less than or equal to 1"},
    {"{" USER TIME FEELING("\"positivity\":0,\"intensity\":0,\"stress_level\":-1e-9") "}",
     "greater_than_equal", "body.emotionEvent.metrics.stress_level",
     "Input should be greater than or equal to 0"},
    {"{" USER TIME "\"eventId\":\"\"," FEELING(METRICS) "}", "string_too_short", "body.eventId",
     "String should have at least 1 character"},
    {"{" USER TIME "\"eventId\":{}," FEELING(METRICS) "}", "string_type", "body.eventId",
     "Input should be a valid string"},
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
    }
}

static const char *const malformed[] = {
    "",
    " ",
    "{",
    WHOLE "x",
    WHOLE WHOLE,
    "{\"a\":1,\"a\":2}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "{\"a\":1e999}",
    "{\"a\":\"\xff\"}",
    "{\"a\":\"\\u0000\"}",
    "{\"a\":01}",
    "{'a':1}",
    "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
};

static void what_is_not_json_is_malformed_and_not_quoted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        refusal.reason[0] = '\0';
        assert_int_equal(decode(malformed[i]), STATUS_MALFORMED);
        assert_int_equal(refusal.errors.count, 0);
        assert_non_null(strstr(refusal.reason, "Malformed JSON"));
    }
    assert_int_equal(decode("{\"a\": hunter2}"), STATUS_MALFORMED);
    assert_null(strstr(refusal.reason, "hunter2"));
    assert_non_null(strstr(refusal.reason, "line 1, column"));
}

static void a_whole_event_is_read(void **state)
{
    (void)state;
    assert_int_equal(
        decode("{\"unknown\":{},\"traceId\":\"t1\",\"eventId\":\"e1\"," USER TIME FEELING(
            "\"positivity\":1,\"intensity\":\" 0.1234565 \",\"stress_level\":0.7") "}"),
        STATUS_OK);
    char user[UUID_TEXT_SIZE];
    uuid_format(&event.user_id, user);
    assert_string_equal(user, "0190a0b0-1111-7222-8333-444455556666");
    assert_int_equal(event.occurred_at_us, noon_us);
    assert_int_equal(event.received_at_us, noon_us);
    assert_int_equal(event.positivity, 1000000);
    assert_int_equal(event.intensity, 123457);
    assert_int_equal(event.stress, 700000);
    assert_string_equal(event.type, "joy");
    assert_string_equal(event.event_id, "e1");
    assert_string_equal(event.trace_id, "t1");
}

static void the_limits_of_time_are_exact(void **state)
{
    (void)state;
    assert_int_equal(
        decode("{" USER "\"timestamp\":\"2026-03-01T12:05:00Z\"," FEELING(METRICS) "}"), STATUS_OK);
    assert_int_equal(
        decode("{" USER "\"timestamp\":\"2025-01-25T12:00:00.000001Z\"," FEELING(METRICS) "}"),
        STATUS_OK);
}

static void a_trace_id_that_does_not_fit_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"traceId\":7," USER TIME FEELING(METRICS) "}"), STATUS_OK);
    assert_string_equal(event.trace_id, "");
}

static void encoding_and_decoding_keep_every_value(void **state)
{
    (void)state;
    struct buf json;
    buf_init(&json, BUS_PAYLOAD_MAX);
    for (unsigned seed = 1; seed <= 2000; seed++) {
        struct emotion_event in = {.occurred_at_us = noon_us - (int64_t)(unit_random() % DAY_US),
                                   .positivity = (int32_t)(unit_random() % 1000001),
                                   .intensity = (int32_t)(unit_random() % 1000001),
                                   .stress = (int32_t)(unit_random() % 1000001),
                                   .type = "caf\xc3\xa9 \"quoted\"",
                                   .event_id = "e",
                                   .trace_id = "t"};
        unit_random_bytes(in.user_id.bytes, sizeof in.user_id.bytes);
        buf_clear(&json);
        emotion_encode(&in, &json);
        assert_int_equal(decode(json.data), STATUS_OK);
        assert_int_equal(event.occurred_at_us, in.occurred_at_us);
        assert_int_equal(event.positivity, in.positivity);
        assert_int_equal(event.intensity, in.intensity);
        assert_int_equal(event.stress, in.stress);
        assert_string_equal(event.type, in.type);
        assert_true(uuid_equal(&event.user_id, &in.user_id));
    }
    buf_free(&json);
}

static void the_same_event_sent_again_has_the_same_key_and_content(void **state)
{
    (void)state;
    assert_int_equal(decode("{\"traceId\":\"1\",\"eventId\":\"e\"," USER TIME FEELING(METRICS) "}"),
                     STATUS_OK);
    struct emotion_event first = event;
    assert_int_equal(
        decode("{\"eventId\":\"e\",\"traceId\":\"2\"," USER TIME
               "\"emotionEvent\":{\"type\":\"joy\",\"metrics\":{\"stress_level\":\"125e-3\","
               "\"positivity\":5E-1,\"intensity\":0.25000000001}}}"),
        STATUS_OK);
    assert_int_equal(hash_compare(&first.key, &event.key), 0);
    assert_int_equal(hash_compare(&first.content, &event.content), 0);
    assert_int_equal(decode("{\"eventId\":\"e\"," USER TIME FEELING(
                         "\"positivity\":0.5,\"intensity\":0.25,\"stress_level\":0.125001") "}"),
                     STATUS_OK);
    assert_int_equal(hash_compare(&first.key, &event.key), 0);
    assert_int_not_equal(hash_compare(&first.content, &event.content), 0);
}

/* An id that is used again with any other value is a conflict, whatever the value is. */
static void every_value_is_part_of_the_content(void **state)
{
    (void)state;
    static const char *const others[] = {
        "{" USER TIME FEELING("\"positivity\":0.6,\"intensity\":0.25,\"stress_level\":0.125") "}",
        "{" USER TIME FEELING("\"positivity\":0.5,\"intensity\":0.26,\"stress_level\":0.125") "}",
        "{" USER TIME FEELING("\"positivity\":0.5,\"intensity\":0.25,\"stress_level\":0.126") "}",
        "{" USER "\"timestamp\":\"2026-03-01T12:00:00.000001Z\"," FEELING(METRICS) "}",
        "{\"userId\":\"0190a0b0-1111-7222-8333-444455556667\"," TIME FEELING(METRICS) "}",
        "{" USER TIME "\"emotionEvent\":{\"type\":\"joyful\",\"metrics\":{" METRICS "}}}",
    };
    assert_int_equal(decode(WHOLE), STATUS_OK);
    struct hash first = event.content;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_int_equal(decode(others[i]), STATUS_OK);
        assert_int_not_equal(hash_compare(&first, &event.content), 0);
    }
}

static void ten_thousand_mutations_never_crash(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"traceId\":\"t\",\"eventId\":\"e\"," USER TIME FEELING(METRICS) "}";
    size_t refused = 0;
    for (int i = 0; i < 10000; i++) {
        char mutated[sizeof whole + 8];
        size_t size = unit_mutate(whole, sizeof whole - 1, mutated, sizeof mutated);
        struct event_origin origin = origin_at(noon_us);
        enum status status =
            emotion_decode((struct slice){mutated, size}, &origin, DAYS * DAY_US, &event, &refusal);
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
        cmocka_unit_test(what_is_not_json_is_malformed_and_not_quoted),
        cmocka_unit_test(a_whole_event_is_read),
        cmocka_unit_test(the_limits_of_time_are_exact),
        cmocka_unit_test(a_trace_id_that_does_not_fit_is_left_out),
        cmocka_unit_test(encoding_and_decoding_keep_every_value),
        cmocka_unit_test(the_same_event_sent_again_has_the_same_key_and_content),
        cmocka_unit_test(every_value_is_part_of_the_content),
        cmocka_unit_test(ten_thousand_mutations_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
