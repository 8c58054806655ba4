/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/credit_json.h"

#include "../unit.h"

#define USER "02000000-0000-0000-0000-000000000000"
#define DECISION "01000000-0000-0000-0000-000000000000"
#define OFFER "09000000-0000-0000-0000-000000000000"

static struct buf json;

static int setup(void **state)
{
    (void)state;
    buf_init(&json, 8192);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&json);
    return 0;
}

static const struct decision approval = {
    .id = {{1}},
    .user_id = {{2}},
    .approved = true,
    .risk = 250000,
    .risk_full = 250000,
    .risk_financial = 300000,
    .basis = BASIS_FULL,
    .emotions_known = true,
    .reasons = {1, {{FEATURE_money_in_30d, -1500000}}},
    .features
        .values = {[FEATURE_transaction_count_30d] = 3, [FEATURE_avg_transaction_value_30d] = 1250},
    .model = "m-1",
    .policy = {{0xab}},
    .has_offer = true,
    .offer = {.id = {{9}},
              .user_id = {{2}},
              .decision_id = {{1}},
              .limit_cents = 750000,
              .rate_bp = 875,
              .credit_type = "LOAN",
              .created_at_us = 0,
              .expires_at_us = SECOND_US},
};

static void an_approval(void **state)
{
    (void)state;
    credit_analysis_encode(&approval, &json);
    assert_string_equal(json.data,
                        "{\"user_id\":\"" USER "\",\"approved\":true,\"ml_risk_score\":0.250000,"
                        "\"offer\":{\"offer_id\":\"" OFFER "\",\"credit_limit\":7500.00,"
                        "\"interest_rate\":8.75,\"credit_type\":\"LOAN\","
                        "\"expires_at\":\"1970-01-01T00:00:01.000000Z\"},\"reason\":null,"
                        "\"reasons\":[\"money in over the last 30 days\"],"
                        "\"nearest_approval\":null,\"decision_id\":\"" DECISION
                        "\",\"credit_type\":\"LOAN\"}");
}

static void a_denial(void **state)
{
    (void)state;
    struct decision denial = {
        .id = {{1}}, .user_id = {{2}}, .risk = MILLIONTHS, .reason = "High risk score."};
    credit_analysis_encode(&denial, &json);
    assert_string_equal(json.data,
                        "{\"user_id\":\"" USER "\",\"approved\":false,\"ml_risk_score\":1.000000,"
                        "\"offer\":null,\"reason\":\"High risk score.\","
                        "\"reasons\":[\"High risk score.\"],\"nearest_approval\":null,"
                        "\"decision_id\":\"" DECISION "\","
                        "\"credit_type\":null}");
}

static void a_decision_tells_what_it_was_made_from(void **state)
{
    (void)state;
    credit_decision_encode(&approval, &json);
    assert_non_null(strstr(
        json.data, "\"model\":\"m-1\",\"policy\":\"ab00000000000000000000000000"
                   "0000\",\"basis\":\"full\",\"emotions_known\":true,\"risk_score_full\":0.250000,"
                   "\"risk_score_financial\":0.300000,"));
    assert_non_null(strstr(json.data, "\"factors\":[{\"code\":\"money_in_30d\","
                                      "\"en\":\"money in over the last 30 days\","
                                      "\"pt\":\"entradas dos últimos 30 dias\","
                                      "\"weight\":-1.500000}]"));
    assert_non_null(strstr(json.data, "\"transaction_count_30d\":3,"));
    assert_non_null(strstr(json.data, "\"avg_transaction_value_30d\":12.50,"));
}

static void an_offer_and_a_line(void **state)
{
    (void)state;
    credit_offer_encode(&approval.offer, &json);
    assert_string_equal(json.data, "{\"offer_id\":\"" OFFER "\",\"status\":\"offered\","
                                   "\"credit_limit\":7500.00,\"interest_rate\":8.75,"
                                   "\"created_at\":\"1970-01-01T00:00:00.000000Z\","
                                   "\"expires_at\":\"1970-01-01T00:00:01.000000Z\"}");
    buf_clear(&json);
    credit_line_encode(&approval.offer, &json);
    assert_string_equal(json.data, "{\"offer_id\":\"" OFFER "\",\"credit_limit\":7500.00,"
                                   "\"interest_rate\":8.75,\"credit_type\":\"LOAN\","
                                   "\"activated_at\":\"1970-01-01T00:00:00.000000Z\"}");
}

static void an_acceptance_goes_there_and_back(void **state)
{
    (void)state;
    struct credit_accepted in = {.offer_id = {{9}},
                                 .user_id = {{2}},
                                 .limit_cents = 100001,
                                 .rate_bp = 1400,
                                 .credit_type = "LOAN",
                                 .accepted_at_us = 1767225600123456};
    struct credit_accepted out;
    struct refusal refusal;
    credit_accepted_encode(&in, &json);
    assert_string_equal(json.data, "{\"offerId\":\"" OFFER "\",\"userId\":\"" USER "\","
                                   "\"creditLimit\":1000.01,\"interestRate\":14.00,"
                                   "\"creditType\":\"LOAN\","
                                   "\"acceptedAt\":\"2026-01-01T00:00:00.123456Z\"}");
    assert_int_equal(credit_accepted_decode(buf_slice(&json), &out, &refusal), STATUS_OK);
    assert_true(uuid_equal(&out.offer_id, &in.offer_id));
    assert_true(uuid_equal(&out.user_id, &in.user_id));
    assert_int_equal(out.limit_cents, in.limit_cents);
    assert_int_equal(out.rate_bp, in.rate_bp);
    assert_string_equal(out.credit_type, in.credit_type);
    assert_int_equal(out.accepted_at_us, in.accepted_at_us);
}

static void an_acceptance_that_is_none(void **state)
{
    (void)state;
    struct credit_accepted out;
    struct refusal refusal;
    assert_int_equal(credit_accepted_decode(slice_of("{"), &out, &refusal), STATUS_MALFORMED);
    assert_int_equal(credit_accepted_decode(slice_of("{}"), &out, &refusal), STATUS_INVALID);
    assert_int_equal(refusal.errors.count, 6);
}

static void notifications(void **state)
{
    (void)state;
    struct notification notification = {.id = 7,
                                        .user_id = {{2}},
                                        .offer_id = {{9}},
                                        .type = "T",
                                        .title = "Title \"quoted\"",
                                        .message = "M"};
    credit_notification_encode(&notification, &json);
    assert_string_equal(json.data, "{\"id\":7,\"type\":\"T\",\"title\":\"Title \\\"quoted\\\"\","
                                   "\"message\":\"M\",\"offer_id\":\"" OFFER "\","
                                   "\"created_at\":\"1970-01-01T00:00:00.000000Z\"}");
    buf_clear(&json);
    credit_notification_event_encode(&notification, &json);
    assert_string_equal(json.data, "{\"notificationId\":\"40dc39933601b4a04fd56161e45ca7df\","
                                   "\"userId\":\"" USER "\",\"type\":\"T\","
                                   "\"title\":\"Title \\\"quoted\\\"\",\"message\":\"M\"}");
}

static void who_accepts(void **state)
{
    (void)state;
    struct uuid user_id;
    struct refusal refusal;
    assert_int_equal(
        credit_acceptance_decode(slice_of("{\"userId\":\"" USER "\"}"), &user_id, &refusal),
        STATUS_OK);
    assert_int_equal(user_id.bytes[0], 2);
    assert_int_equal(credit_acceptance_decode(slice_of("{\"userId\":7}"), &user_id, &refusal),
                     STATUS_INVALID);
    assert_string_equal(refusal.errors.items[0].loc, "body.userId");
    assert_int_equal(credit_acceptance_decode(slice_of(""), &user_id, &refusal), STATUS_MALFORMED);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(an_approval),
        FRESH(a_denial),
        FRESH(a_decision_tells_what_it_was_made_from),
        FRESH(an_offer_and_a_line),
        FRESH(an_acceptance_goes_there_and_back),
        FRESH(an_acceptance_that_is_none),
        FRESH(notifications),
        FRESH(who_accepts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
