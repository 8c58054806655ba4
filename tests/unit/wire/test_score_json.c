/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/score_json.h"

#include <string.h>

#include "../unit.h"
#include "base/json_put.h"

static struct buf json;
static struct refusal refusal;

#define SEED_FEATURES                                                                              \
    "\"transaction_count_30d\":1,\"avg_transaction_value_30d\":2.5,\"avg_positivity_7d\":0.5,"     \
    "\"stress_events_30d\":0"

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

static void a_question_goes_there_and_back(void **state)
{
    (void)state;
    struct question out, in = {.features = features_empty(),
                               .guard = GUARD_MAY_ONLY_HELP,
                               .emotions_known = true,
                               .approve_to = 600000,
                               .explain = true};
    in.features.values[FEATURE_emotion_count_7d] = 4;
    in.features.values[FEATURE_positivity_trend] = -123456;
    score_question_encode(&in, &json);
    assert_int_equal(score_question_decode(buf_slice(&json), &out, &refusal), STATUS_OK);
    assert_memory_equal(&out.features, &in.features, sizeof in.features);
    assert_int_equal(out.guard, GUARD_MAY_ONLY_HELP);
    assert_true(out.emotions_known);
    assert_int_equal(out.approve_to, 600000);
}

static void a_client_of_the_former_system_knows_of_no_guard(void **state)
{
    (void)state;
    struct question question;
    assert_int_equal(score_question_decode(slice_of("{" SEED_FEATURES "}"), &question, &refusal),
                     STATUS_OK);
    assert_int_equal(question.guard, GUARD_FULL);
    assert_true(question.emotions_known);
    assert_int_equal(question.approve_to, -1);
}

static void what_is_wrong_with_a_question_is_named(void **state)
{
    (void)state;
    struct question question;
    assert_int_equal(
        score_question_decode(slice_of("{" SEED_FEATURES ",\"emotion_guard\":\"never\","
                                       "\"approve_to\":1.5}"),
                              &question, &refusal),
        STATUS_INVALID);
    assert_int_equal(refusal.errors.count, 2);
    assert_int_equal(score_question_decode(slice_of("{"), &question, &refusal), STATUS_MALFORMED);
}

static void a_score_goes_there_and_back(void **state)
{
    (void)state;
    struct score out, in = {.risk = 400000,
                            .risk_full = 500000,
                            .risk_financial = 400000,
                            .basis = BASIS_FINANCIAL,
                            .weights = {[FEATURE_money_in_30d] = -1500000},
                            .nearest = {LEVER_SPEND_LESS, 20, 390000},
                            .model = "m-1"};
    bool one_risk = true;
    score_encode(&in, &json);
    assert_int_equal(score_decode(buf_slice(&json), &out, &one_risk), STATUS_OK);
    assert_false(one_risk);
    assert_int_equal(out.risk_full, in.risk_full);
    assert_int_equal(out.risk_financial, in.risk_financial);
    assert_int_equal(out.basis, in.basis);
    assert_memory_equal(out.weights, in.weights, sizeof in.weights);
    assert_int_equal(out.nearest.lever, LEVER_SPEND_LESS);
    assert_int_equal(out.nearest.percent, 20);
    assert_int_equal(out.nearest.risk, 390000);
    assert_string_equal(out.model, "m-1");
    assert_non_null(strstr(json.data, "Spending 20 % less over the last 90 days"));
}

static void one_risk_is_both(void **state)
{
    (void)state;
    struct score score;
    bool one_risk = false;
    assert_int_equal(score_decode(slice_of("{\"risk_score\":0.25}"), &score, &one_risk), STATUS_OK);
    assert_true(one_risk);
    assert_int_equal(score.risk_full, 250000);
    assert_int_equal(score.risk_financial, 250000);
    assert_int_equal(score.nearest.lever, LEVER_NONE);
}

/* What a service adds may be of any kind; it is never a reason to fail. */
static void additions_that_are_nonsense_are_left_out(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"risk_score\":0.5,\"attributions\":7,\"basis\":\"full\"}",
        "{\"risk_score\":0.5,\"attributions\":{\"stress_trend\":\"x\"},\"basis\":\"full\"}",
        "{\"risk_score\":0.5,\"attributions\":{\"stress_trend\":1e300},\"basis\":\"full\"}",
        "{\"risk_score\":0.5,\"nearest_approval\":{\"change\":\"win\"},\"basis\":\"full\"}",
        "{\"risk_score\":0.5,\"nearest_approval\":[],\"basis\":\"full\"}",
        "{\"risk_score\":0.5,\"basis\":3,\"model\":{}}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct score score;
        bool one_risk;
        assert_int_equal(score_decode(slice_of(texts[i]), &score, &one_risk), STATUS_OK);
        assert_int_equal(score.weights[FEATURE_stress_trend], 0);
        assert_int_equal(score.nearest.lever, LEVER_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_question_goes_there_and_back, setup, teardown),
        cmocka_unit_test(a_client_of_the_former_system_knows_of_no_guard),
        cmocka_unit_test(what_is_wrong_with_a_question_is_named),
        cmocka_unit_test_setup_teardown(a_score_goes_there_and_back, setup, teardown),
        cmocka_unit_test(one_risk_is_both),
        cmocka_unit_test(additions_that_are_nonsense_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
