/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/shadow.h"

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

static struct decision made(int32_t full, int32_t financial)
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
        struct decision decision = made(risk, MILLIONTHS - risk);
        struct score score = shadow_recorded_score(&decision, &policy);
        struct shadow_decision shadow = shadow_make(&decision, "same", &policy, &score);
        assert_int_equal(shadow.risk, decision.risk);
        assert_string_equal(shadow.model, "m-1");
        assert_string_equal(shadow.challenger, "same");
        assert_true(shadow_agrees(&shadow, &decision));
    }
}

static void another_guard_sees_another_risk(void **state)
{
    (void)state;
    struct policy full = policy;
    full.emotion_guard = GUARD_FULL;
    struct decision decision = made(600000, 400000); /* helped by the guard */
    struct score score = shadow_recorded_score(&decision, &full);
    struct shadow_decision shadow = shadow_make(&decision, "full", &full, &score);
    assert_true(decision.approved);
    assert_int_equal(shadow.risk, 600000);
    assert_false(shadow.terms.approved);
    assert_false(shadow_agrees(&shadow, &decision));
}

static void other_terms_differ(void **state)
{
    (void)state;
    struct policy dearer = policy;
    dearer.bands[0].rate_base_bp++;
    struct decision decision = made(100000, 100000);
    struct score score = shadow_recorded_score(&decision, &dearer);
    struct shadow_decision shadow = shadow_make(&decision, "dearer", &dearer, &score);
    assert_true(shadow.terms.approved);
    assert_false(shadow_agrees(&shadow, &decision));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_policy_agrees),
        cmocka_unit_test(another_guard_sees_another_risk),
        cmocka_unit_test(other_terms_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
