/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy.h"

#include "../unit.h"

static const struct policy seed = {
    .name = "seed",
    .offer_life_us = 7 * DAY_US,
    .band_count = 2,
    .bands = {{.risk_to = 600000,
               .approve = true,
               .credit_type = "LOAN",
               .limit_full_cents = 1000000,
               .limit_floor_cents = 100000,
               .rate_base_bp = 500,
               .rate_slope_bp = 1500},
              {.risk_to = MILLIONTHS, .reason = "High risk score."}},
};

static void the_formula_of_the_seed(void **state)
{
    (void)state;
    static const struct {
        int32_t risk;
        int64_t limit_cents;
        int32_t rate_bp;
    } cases[] = {
        {0, 1000000, 500},      {250000, 750000, 875},  {333333, 666667, 1000},
        {333334, 666666, 1000}, {599999, 400001, 1400}, {600000, 400000, 1400},
        {100000, 900000, 650},  {1, 999999, 500},       {333, 999667, 500},
        {334, 999666, 501},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct terms terms = policy_apply(&seed, cases[i].risk);
        assert_true(terms.approved);
        assert_null(terms.reason);
        assert_string_equal(terms.credit_type, "LOAN");
        assert_int_equal(terms.limit_cents, cases[i].limit_cents);
        assert_int_equal(terms.rate_bp, cases[i].rate_bp);
        assert_int_equal(terms.offer_life_us, 7 * DAY_US);
    }
}

static void above_the_band_is_a_denial(void **state)
{
    (void)state;
    for (int32_t risk = 600001; risk <= MILLIONTHS; risk += 399999) {
        struct terms terms = policy_apply(&seed, risk);
        assert_false(terms.approved);
        assert_string_equal(terms.reason, "High risk score.");
        assert_null(terms.credit_type);
        assert_int_equal(terms.limit_cents, 0);
        assert_int_equal(terms.rate_bp, 0);
    }
}

static void the_limit_has_a_floor(void **state)
{
    (void)state;
    struct policy generous = seed;
    generous.bands[0].risk_to = MILLIONTHS;
    assert_int_equal(policy_apply(&generous, 900000).limit_cents, 100000);
    assert_int_equal(policy_apply(&generous, 899999).limit_cents, 100001);
    assert_int_equal(policy_apply(&generous, MILLIONTHS).limit_cents, 100000);
}

static void no_limit_is_above_the_exposure_cap(void **state)
{
    (void)state;
    struct policy careful = seed;
    careful.exposure_cap_cents = 750000;
    assert_int_equal(policy_apply(&careful, 0).limit_cents, 750000);
    assert_int_equal(policy_apply(&careful, 250000).limit_cents, 750000);
    assert_int_equal(policy_apply(&careful, 250001).limit_cents, 749999);
    careful.exposure_cap_cents = 50000; /* below the floor too */
    assert_int_equal(policy_apply(&careful, 600000).limit_cents, 50000);
    assert_int_equal(policy_apply(&careful, 0).rate_bp, 500);
}

static void guards_have_names(void **state)
{
    (void)state;
    assert_string_equal(guard_name(seed.emotion_guard), "may_only_help");
    assert_string_equal(guard_name(GUARD_FULL), "full");
    assert_string_equal(guard_name(GUARD_OFF), "off");
}

/* More risk never gets more money or a lower rate within a band. */
static void terms_fall_with_risk(void **state)
{
    (void)state;
    struct terms before = policy_apply(&seed, 0);
    for (int32_t risk = 1; risk <= 600000; risk += 97) {
        struct terms terms = policy_apply(&seed, risk);
        assert_true(terms.limit_cents <= before.limit_cents);
        assert_true(terms.rate_bp >= before.rate_bp);
        before = terms;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formula_of_the_seed),
        cmocka_unit_test(above_the_band_is_a_denial),
        cmocka_unit_test(the_limit_has_a_floor),
        cmocka_unit_test(no_limit_is_above_the_exposure_cap),
        cmocka_unit_test(guards_have_names),
        cmocka_unit_test(terms_fall_with_risk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
