/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_makes_an_offer),
        cmocka_unit_test(a_denial_has_a_reason_and_no_offer),
        cmocka_unit_test(the_policy_says_what_is_asked),
        cmocka_unit_test(inputs_are_features_model_and_policy),
        cmocka_unit_test(a_decision_stands_while_its_inputs_and_its_offer_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
