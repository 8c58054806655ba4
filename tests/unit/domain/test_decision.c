/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision.h"

#include <stdlib.h>

#include "../unit.h"

static const struct policy policy = {
    .hash = {{7}},
    .offer_life_us = DAY_US,
    .band_count = 2,
    .bands = {{.risk_to = 500000,
               .approve = true,
               .credit_type = "LOAN",
               .limit_full_cents = 1000,
               .rate_base_bp = 100},
              {.risk_to = MILLIONTHS, .reason = "No."}},
};

static const struct uuid offer_id = {{9}};

static struct decision made(int32_t risk)
{
    struct decision decision = {
        .id = {{1}}, .user_id = {{2}}, .decided_at_us = 5000, .features = {{3, 4, 5, 6}}};
    struct score score = {.risk = risk,
                          .risk_full = risk,
                          .risk_financial = risk + 1,
                          .basis = BASIS_FULL,
                          .weights = {-7, 5, 0, 9, -8},
                          .model = "m-1"};
    decision_make(&decision, &policy, &score, &offer_id);
    return decision;
}

static void an_approval_makes_an_offer(void **state)
{
    (void)state;
    struct decision decision = made(500000);
    assert_true(decision.approved);
    assert_true(decision.has_offer);
    assert_string_equal(decision.reason, "");
    assert_int_equal(decision.risk, 500000);
    assert_int_equal(decision.risk_full, 500000);
    assert_int_equal(decision.risk_financial, 500001);
    assert_string_equal(decision.model, "m-1");
    assert_int_equal(decision.reasons.count, 2);
    assert_int_equal(decision.reasons.list[0].feature, 4); /* what helped most */
    const struct offer *offer = &decision.offer;
    assert_true(uuid_equal(&offer->id, &offer_id));
    assert_true(uuid_equal(&offer->user_id, &decision.user_id));
    assert_true(uuid_equal(&offer->decision_id, &decision.id));
    assert_int_equal(offer->status, OFFER_offered);
    assert_int_equal(offer->limit_cents, 500);
    assert_int_equal(offer->rate_bp, 100);
    assert_string_equal(offer->credit_type, "LOAN");
    assert_int_equal(offer->created_at_us, 5000);
    assert_int_equal(offer->expires_at_us, 5000 + DAY_US);
}

static void a_denial_has_a_reason_and_no_offer(void **state)
{
    (void)state;
    struct decision decision = made(500001);
    assert_false(decision.approved);
    assert_false(decision.has_offer);
    assert_string_equal(decision.reason, "No.");
    assert_int_equal(decision.reasons.count, 2);
    assert_int_equal(decision.reasons.list[0].feature, 3); /* what hurt most */
    assert_int_equal(decision.reasons.list[1].weight, 5);
}

static void the_policy_says_what_is_asked(void **state)
{
    (void)state;
    struct features features = features_empty();
    struct question question = decision_question(&features, &policy);
    assert_int_equal(question.guard, GUARD_MAY_ONLY_HELP);
    assert_int_equal(question.approve_to, 500000);
    assert_false(question.emotions_known);
    features.values[FEATURE_emotion_count_7d] = 1;
    assert_true(decision_question(&features, &policy).emotions_known);
}

static bool differ(struct features features, const char *model, struct hash hash)
{
    struct decision decision = made(0);
    struct hash inputs = decision_inputs(&features, model, &hash);
    return hash_compare(&inputs, &decision.inputs) != 0;
}

static void inputs_are_features_model_and_policy(void **state)
{
    (void)state;
    struct features features = made(0).features;
    assert_false(differ(features, "m-1", policy.hash));
    assert_true(differ(features, "m-2", policy.hash));
    assert_true(differ(features, "m-1", (struct hash){{8}}));
    for (int i = 0; i < FEATURE_COUNT; i++) {
        struct features other = features;
        other.values[i]++;
        assert_true(differ(other, "m-1", policy.hash));
    }
}

static void a_decision_stands_while_its_inputs_and_its_offer_do(void **state)
{
    (void)state;
    struct decision approval = made(0), denial = made(MILLIONTHS);
    struct hash other = {{1}};
    int64_t last_us = approval.offer.expires_at_us - 1;
    assert_true(decision_still_stands(&approval, &approval.inputs, 0, last_us));
    assert_false(decision_still_stands(&approval, &approval.inputs, 0, last_us + 1));
    assert_false(decision_still_stands(&approval, &other, 0, 5000));
    approval.offer.status = OFFER_accepted;
    assert_false(decision_still_stands(&approval, &approval.inputs, 0, 5000));
    assert_true(decision_still_stands(&denial, &denial.inputs, 0, INT64_MAX));
    assert_false(decision_still_stands(&denial, &other, 0, 5000));
    assert_true(decision_still_stands(&denial, &other, HOUR_US, 5000 + HOUR_US - 1));
    assert_false(decision_still_stands(&denial, &other, HOUR_US, 5000 + HOUR_US));
}

static void the_strongest_of_four_families_that_hurt(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {
        [FEATURE_transaction_count_7d] = 5,      [FEATURE_transaction_count_30d] = -90,
        [FEATURE_transaction_count_90d] = 7,     [FEATURE_transaction_sum_30d] = 3,
        [FEATURE_avg_transaction_value_30d] = 9, [FEATURE_largest_transaction_90d] = 9,
        [FEATURE_outgoings_share_90d] = 8,       [FEATURE_money_out_7d] = 8,
        [FEATURE_account_age_days] = 1};
    struct reasons reasons = reasons_pick(weights, false, GUARD_FULL);
    static const int expected[] = {FEATURE_avg_transaction_value_30d, FEATURE_money_out_7d,
                                   FEATURE_transaction_count_90d, FEATURE_transaction_sum_30d};
    assert_int_equal(reasons.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(reasons.list[i].feature, expected[i]);
}

static void for_an_approval_what_helped(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {[FEATURE_transaction_count_7d] = 5,
                                            [FEATURE_transaction_count_30d] = -90,
                                            [FEATURE_avg_stress_7d] = -100};
    for (int guard = 0; guard < GUARD_COUNT; guard++) {
        struct reasons reasons = reasons_pick(weights, true, (enum emotion_guard)guard);
        assert_int_equal(reasons.count, 2);
        assert_int_equal(reasons.list[0].feature, FEATURE_avg_stress_7d);
        assert_int_equal(reasons.list[1].weight, -90);
    }
}

static void no_emotion_denies_where_it_may_only_help(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {
        [FEATURE_avg_stress_7d] = 100, [FEATURE_money_out_7d] = 1};
    assert_int_equal(reasons_pick(weights, false, GUARD_FULL).list[0].feature,
                     FEATURE_avg_stress_7d);
    struct reasons reasons = reasons_pick(weights, false, GUARD_MAY_ONLY_HELP);
    assert_int_equal(reasons.count, 1);
    assert_int_equal(reasons.list[0].feature, FEATURE_money_out_7d);
}

static void nothing_weighs_nothing(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {0};
    assert_int_equal(reasons_pick(weights, true, GUARD_FULL).count, 0);
    assert_int_equal(reasons_pick(weights, false, GUARD_FULL).count, 0);
}

/* True if the weight belongs among the reasons, or another one of its family does, as strong. */
static bool is_told(const struct reasons *reasons, const int32_t weights[], int feature)
{
    for (size_t i = 0; i < reasons->count; i++) {
        const struct reason *reason = &reasons->list[i];
        if (feature_definitions[reason->feature].family == feature_definitions[feature].family)
            return abs(reason->weight) >= abs(weights[feature]);
    }
    return reasons->count == REASONS_MAX &&
           abs(reasons->list[REASONS_MAX - 1].weight) >= abs(weights[feature]);
}

/* Whatever the weights: sorted, of one sign, no family twice, and nothing stronger is left out. */
static void of_any_weights(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        bool approved = round % 2 == 0;
        int32_t weights[FEATURE_COUNT];
        for (int i = 0; i < FEATURE_COUNT; i++)
            weights[i] = (int32_t)(unit_random() % 21) - 10;
        struct reasons reasons = reasons_pick(weights, approved, GUARD_FULL);
        unsigned families = 0;
        for (size_t i = 0; i < reasons.count; i++) {
            unsigned family = 1U << feature_definitions[reasons.list[i].feature].family;
            assert_int_equal(families & family, 0);
            families |= family;
            assert_true(i == 0 || abs(reasons.list[i - 1].weight) >= abs(reasons.list[i].weight));
        }
        for (int i = 0; i < FEATURE_COUNT; i++)
            if (approved ? weights[i] < 0 : weights[i] > 0)
                assert_true(is_told(&reasons, weights, i));
    }
}

static struct decision made_of(int32_t full, int32_t financial)
{
    struct decision decision = {.id = {{1}}, .user_id = {{2}}, .features = features_empty()};
    struct question question;
    struct score score = {.risk_full = full, .risk_financial = financial, .model = "m-1"};
    decision.features.values[FEATURE_emotion_count_7d] = 3;
    question = decision_question(&decision.features, &policy);
    scoring_decide(&question, &score);
    decision_make(&decision, &policy, &score, &(struct uuid){{9}});
    return decision;
}

static void the_same_policy_agrees(void **state)
{
    (void)state;
    for (int32_t risk = 0; risk <= MILLIONTHS; risk += 50000) {
        struct decision decision = made_of(risk, MILLIONTHS - risk);
        struct score score = shadow_decision_score(&decision, &policy);
        struct shadow_decision shadow = shadow_decision_make(&decision, "same", &policy, &score);
        assert_int_equal(shadow.risk, decision.risk);
        assert_string_equal(shadow.model, "m-1");
        assert_string_equal(shadow.challenger, "same");
        assert_true(shadow_decision_agrees(&shadow, &decision));
    }
}

static void another_guard_sees_another_risk(void **state)
{
    (void)state;
    struct policy full = policy;
    full.emotion_guard = GUARD_FULL;
    struct decision decision = made_of(600000, 400000); /* helped by the guard */
    struct score score = shadow_decision_score(&decision, &full);
    struct shadow_decision shadow = shadow_decision_make(&decision, "full", &full, &score);
    assert_true(decision.approved);
    assert_int_equal(shadow.risk, 600000);
    assert_false(shadow.terms.approved);
    assert_false(shadow_decision_agrees(&shadow, &decision));
}

static void other_terms_differ(void **state)
{
    (void)state;
    struct policy dearer = policy;
    dearer.bands[0].rate_base_bp++;
    struct decision decision = made_of(100000, 100000);
    struct score score = shadow_decision_score(&decision, &dearer);
    struct shadow_decision shadow = shadow_decision_make(&decision, "dearer", &dearer, &score);
    assert_true(shadow.terms.approved);
    assert_false(shadow_decision_agrees(&shadow, &decision));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_makes_an_offer),
        cmocka_unit_test(a_denial_has_a_reason_and_no_offer),
        cmocka_unit_test(the_policy_says_what_is_asked),
        cmocka_unit_test(inputs_are_features_model_and_policy),
        cmocka_unit_test(a_decision_stands_while_its_inputs_and_its_offer_do),
        cmocka_unit_test(the_strongest_of_four_families_that_hurt),
        cmocka_unit_test(for_an_approval_what_helped),
        cmocka_unit_test(no_emotion_denies_where_it_may_only_help),
        cmocka_unit_test(nothing_weighs_nothing),
        cmocka_unit_test(of_any_weights),
        cmocka_unit_test(the_same_policy_agrees),
        cmocka_unit_test(another_guard_sees_another_risk),
        cmocka_unit_test(other_terms_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
