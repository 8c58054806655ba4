/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/scoring.h"

#include "../unit.h"
#include "domain/scorecard.h"

static struct features person(void)
{
    struct features features = features_empty();
    int64_t *value = features.values;
    value[FEATURE_transaction_count_30d] = 10;
    value[FEATURE_transaction_count_90d] = 30;
    value[FEATURE_money_in_30d] = 200000;
    value[FEATURE_money_in_90d] = 600000;
    value[FEATURE_money_out_7d] = 100000;
    value[FEATURE_money_out_30d] = 400000;
    value[FEATURE_money_out_90d] = 1200000;
    value[FEATURE_transaction_sum_30d] = 600000;
    value[FEATURE_avg_transaction_value_30d] = 60000;
    value[FEATURE_avg_positivity_7d] = 300000;
    value[FEATURE_stress_events_30d] = 4;
    value[FEATURE_emotion_count_7d] = 20;
    return features;
}

static struct score answer_to(enum emotion_guard guard, bool known, int32_t approve_to)
{
    struct question question = {.features = person(),
                                .guard = guard,
                                .emotions_known = known,
                                .approve_to = approve_to,
                                .explain = true};
    struct score score;
    assert_int_equal(scoring_answer(&scorecard_model, &question, &score), STATUS_OK);
    return score;
}

static void both_risks_are_told_and_the_guard_chooses(void **state)
{
    (void)state;
    struct score full = answer_to(GUARD_FULL, true, -1);
    struct score helped = answer_to(GUARD_MAY_ONLY_HELP, true, -1);
    assert_true(full.risk_full > full.risk_financial); /* low mood, stress */
    assert_int_equal(full.risk, full.risk_full);
    assert_int_equal(helped.risk, full.risk_financial);
    assert_int_equal(helped.basis, BASIS_FINANCIAL);
    assert_int_equal(answer_to(GUARD_FULL, false, -1).basis, BASIS_FINANCIAL);
}

static void only_what_decided_is_weighed(void **state)
{
    (void)state;
    struct score full = answer_to(GUARD_FULL, true, -1);
    struct score off = answer_to(GUARD_OFF, true, -1);
    assert_true(full.weights[FEATURE_avg_positivity_7d] > 0);
    assert_int_equal(off.weights[FEATURE_avg_positivity_7d], 0);
    assert_int_equal(off.weights[FEATURE_stress_events_30d], 0);
    assert_true(off.weights[FEATURE_avg_transaction_value_30d] > 0);
    assert_true(off.weights[FEATURE_transaction_count_30d] < 0);
}

static void the_nearest_approval_would_be_one(void **state)
{
    (void)state;
    int32_t risk = answer_to(GUARD_OFF, true, -1).risk;
    for (int32_t approve_to = risk - 1; approve_to > risk - 200000; approve_to -= 10000) {
        struct question question = {.features = person(),
                                    .guard = GUARD_OFF,
                                    .emotions_known = true,
                                    .approve_to = approve_to,
                                    .explain = true};
        struct score score, after;
        assert_int_equal(scoring_answer(&scorecard_model, &question, &score), STATUS_OK);
        if (score.nearest.lever == LEVER_NONE)
            continue;
        assert_true(score.nearest.risk <= approve_to);
        question.features =
            lever_pull(score.nearest.lever, score.nearest.percent, &question.features);
        assert_int_equal(scoring_answer(&scorecard_model, &question, &after), STATUS_OK);
        assert_int_equal(after.risk, score.nearest.risk);
    }
    assert_int_equal(answer_to(GUARD_OFF, true, risk - 1).nearest.lever, LEVER_SPEND_LESS);
    assert_int_equal(answer_to(GUARD_OFF, true, 0).nearest.lever, LEVER_NONE);
    assert_int_equal(answer_to(GUARD_OFF, true, risk).nearest.lever, LEVER_NONE); /* approved */
}

static void a_lever_moves_all_that_hangs_on_it(void **state)
{
    (void)state;
    struct features before = person(), after = lever_pull(LEVER_SPEND_LESS, 50, &before);
    assert_int_equal(after.values[FEATURE_money_out_30d], 200000);
    assert_int_equal(after.values[FEATURE_money_in_30d], 200000);
    assert_int_equal(after.values[FEATURE_transaction_sum_30d], 400000);
    assert_int_equal(after.values[FEATURE_avg_transaction_value_30d], 40000);
    assert_int_equal(after.values[FEATURE_avg_transaction_value_90d], 40000);
    assert_int_equal(after.values[FEATURE_outgoings_share_90d], 500000);
    after = lever_pull(LEVER_EARN_MORE, 100, &before);
    assert_int_equal(after.values[FEATURE_money_in_90d], 1200000);
    assert_int_equal(after.values[FEATURE_outgoings_share_90d], 500000);
    assert_int_equal(after.values[FEATURE_avg_positivity_7d], 300000);
}

static enum status broken(void *self, enum risk_basis basis, const struct features features[],
                          size_t count, int32_t risks[])
{
    (void)self;
    (void)basis;
    (void)features;
    (void)count;
    (void)risks;
    return STATUS_UNAVAILABLE;
}

static void a_model_that_fails_fails(void **state)
{
    (void)state;
    const struct risk_model model = {.risks = broken};
    struct question question = {.features = person(),
                                .guard = GUARD_OFF,
                                .emotions_known = true,
                                .approve_to = 0,
                                .explain = true};
    struct score score;
    assert_int_equal(scoring_answer(&model, &question, &score), STATUS_UNAVAILABLE);
}

static void feelings_may_only_help(void **state)
{
    (void)state;
    for (int full = 0; full <= 10; full++) {
        for (int financial = 0; financial <= 10; financial++) {
            enum risk_basis basis =
                emotion_guard_choose(GUARD_MAY_ONLY_HELP, true, full, financial);
            int chosen = basis == BASIS_FULL ? full : financial;
            assert_true(chosen <= financial);
            assert_true(chosen <= full);
        }
    }
}

static void full_and_off(void **state)
{
    (void)state;
    assert_int_equal(emotion_guard_choose(GUARD_FULL, true, 9, 1), BASIS_FULL);
    assert_int_equal(emotion_guard_choose(GUARD_OFF, true, 1, 9), BASIS_FINANCIAL);
}

static void without_feelings_the_financial_risk_decides(void **state)
{
    (void)state;
    for (int guard = 0; guard < GUARD_COUNT; guard++) {
        assert_int_equal(emotion_guard_choose((enum emotion_guard)guard, false, 1, 9),
                         BASIS_FINANCIAL);
        assert_int_equal(emotion_guard_choose((enum emotion_guard)guard, false, 9, 1),
                         BASIS_FINANCIAL);
    }
}

static void names_go_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < GUARD_COUNT; i++) {
        enum emotion_guard guard;
        assert_true(emotion_guard_parse(emotion_guard_name((enum emotion_guard)i), &guard));
        assert_int_equal(guard, i);
    }
    for (int i = 0; i < BASIS_COUNT; i++) {
        enum risk_basis basis;
        assert_true(risk_basis_parse(risk_basis_name((enum risk_basis)i), &basis));
        assert_int_equal(basis, i);
    }
    enum emotion_guard guard;
    assert_false(emotion_guard_parse("maybe", &guard));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_risks_are_told_and_the_guard_chooses),
        cmocka_unit_test(only_what_decided_is_weighed),
        cmocka_unit_test(the_nearest_approval_would_be_one),
        cmocka_unit_test(a_lever_moves_all_that_hangs_on_it),
        cmocka_unit_test(a_model_that_fails_fails),
        cmocka_unit_test(feelings_may_only_help),
        cmocka_unit_test(full_and_off),
        cmocka_unit_test(without_feelings_the_financial_risk_decides),
        cmocka_unit_test(names_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
