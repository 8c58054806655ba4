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
    assert_string_equal(emotion_guard_name(seed.emotion_guard), "may_only_help");
    assert_string_equal(emotion_guard_name(GUARD_FULL), "full");
    assert_string_equal(emotion_guard_name(GUARD_OFF), "off");
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

#define HASH "b1170b99aaaaaaaaaaaaaaaaaaaaaaaa"

static const struct policy_choice by_model = {.by_model = true};

static bool decided_as_calibrated(const char *model)
{
    const struct policy *policy = policy_choice_policy(&by_model, model);
    assert_true(policy == &by_model.calibrated || policy == &by_model.policy);
    return policy == &by_model.calibrated;
}

static void trained_models_are_calibrated(void **state)
{
    (void)state;
    assert_true(decided_as_calibrated("population@" HASH));
    assert_true(decided_as_calibrated("points:population@" HASH));
    assert_true(decided_as_calibrated("a@b@" HASH));
}

static void all_others_are_not(void **state)
{
    static const char *const names[] = {"",
                                        "random",
                                        "scorecard-1",
                                        "http",
                                        "fixed:0.250000",
                                        "fraud@example.com",
                                        "population",
                                        "population@",
                                        "population@" HASH "0",
                                        "population@B1170B99AAAAAAAAAAAAAAAAAAAAAAAA",
                                        HASH};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_false(decided_as_calibrated(names[i]));
}

static void a_chosen_policy_decides_for_all(void **state)
{
    static const struct policy_choice chosen = {.by_model = false};
    (void)state;
    assert_ptr_equal(policy_choice_policy(&chosen, "population@" HASH), &chosen.policy);
    assert_ptr_equal(policy_choice_policy(&chosen, "random"), &chosen.policy);
}

#define APPROVE(to, full, floor, base, slope)                                                      \
    {                                                                                              \
        .risk_to = (to), .approve = true, .credit_type = "LOAN", .limit_full_cents = (full),       \
        .limit_floor_cents = (floor), .rate_base_bp = (base), .rate_slope_bp = (slope)             \
    }
#define DENY(to)                                                                                   \
    {                                                                                              \
        .risk_to = (to), .reason = "No."                                                           \
    }

static struct policy_findings findings;

static void check(struct policy policy)
{
    while (policy.band_count < POLICY_BANDS_MAX &&
           (policy.bands[policy.band_count].approve || policy.bands[policy.band_count].reason[0]))
        policy.band_count++;
    policy_check(&policy, &findings);
}

static void assert_finding(size_t index, enum policy_severity severity, const char *path,
                           const char *sentence)
{
    assert_true(index < findings.count);
    assert_string_equal(findings.items[index].path, path);
    assert_string_equal(findings.items[index].sentence, sentence);
    assert_int_equal(findings.items[index].severity, severity);
}

static void assert_only(enum policy_severity severity, const char *path, const char *sentence)
{
    assert_finding(0, severity, path, sentence);
    assert_int_equal(findings.count, 1);
}

static void the_terms_of_the_seed_are_fine(void **state)
{
    (void)state;
    check(
        (struct policy){.bands = {APPROVE(600000, 1000000, 100000, 500, 1500), DENY(MILLIONTHS)}});
    assert_int_equal(findings.count, 0);
    check((struct policy){.bands = {DENY(MILLIONTHS)}});
    assert_int_equal(findings.count, 0);
    check((struct policy){.bands = {DENY(0), DENY(1), DENY(MILLIONTHS)}});
    assert_int_equal(findings.count, 0);
}

static void gaps_are_errors(void **state)
{
    (void)state;
    check((struct policy){.bands = {DENY(999999)}});
    assert_only(POLICY_ERROR, "bands.0.risk_to",
                "risks from 1 to 1 belong to no band: the last one must end at 1");
    check((struct policy){.bands = {DENY(100000), DENY(800000)}});
    assert_only(POLICY_ERROR, "bands.1.risk_to",
                "risks from 0.800001 to 1 belong to no band: the last one must end at 1");
}

static void bands_that_no_risk_reaches_are_errors(void **state)
{
    (void)state;
    check((struct policy){.bands = {DENY(500000), DENY(300000), DENY(MILLIONTHS)}});
    assert_only(POLICY_ERROR, "bands.1.risk_to",
                "the band overlaps those before it and is unreachable: it ends at 0.3, and they "
                "end at 0.5");
    check((struct policy){.bands = {DENY(MILLIONTHS), DENY(MILLIONTHS)}});
    assert_only(POLICY_ERROR, "bands.1.risk_to",
                "the band is unreachable: the bands before it end at 1 already");
}

/* Nothing else is said of a band that is never used, and its neighbours are compared. */
static void unreachable_bands_are_passed_over(void **state)
{
    (void)state;
    check((struct policy){.bands = {APPROVE(500000, 100, 100, 0, 0), APPROVE(400000, 0, 0, 0, 0),
                                    APPROVE(MILLIONTHS, 200, 200, 0, 0)}});
    assert_int_equal(findings.count, 2);
    assert_finding(1, POLICY_ERROR, "bands.2.limit",
                   "the limit falls as risk falls: 2.00 at risk 0.500001, but 1.00 at risk 0.5 "
                   "(bands.0)");
}

static void a_limit_may_not_rise_over_a_border(void **state)
{
    (void)state;
    struct policy policy = {.bands = {APPROVE(500000, 10000, 0, 0, 0),
                                      APPROVE(900000, 10000, 0, 0, 0), DENY(MILLIONTHS)}};
    check(policy);
    assert_int_equal(findings.count, 0); /* 50.00, then 50.00: rounding hides the step */
    policy.bands[1].limit_floor_cents = 5001;
    check(policy);
    assert_only(POLICY_ERROR, "bands.1.limit",
                "the limit falls as risk falls: 50.01 at risk 0.500001, but 50.00 at risk 0.5 "
                "(bands.0)");
    policy.exposure_cap_cents = 5000; /* both are cut to the same */
    check(policy);
    assert_int_equal(findings.count, 0);
}

static void a_rate_that_falls_over_a_border_is_a_warning(void **state)
{
    (void)state;
    struct policy policy = {
        .bands = {APPROVE(500000, 200, 200, 500, 1000), APPROVE(MILLIONTHS, 100, 100, 1000, 0)}};
    check(policy);
    assert_int_equal(findings.count, 0);
    policy.bands[1].rate_base_bp = 999;
    check(policy);
    assert_only(POLICY_WARNING, "bands.1.rate_percent",
                "the rate falls as risk rises: 10.00 percent at risk 0.5 (bands.0), but 9.99 "
                "percent at risk 0.500001");
}

static void a_rate_may_not_pass_the_cap(void **state)
{
    (void)state;
    struct policy policy = {.rate_cap_bp = 1400,
                            .bands = {APPROVE(600000, 100, 100, 500, 1500), DENY(MILLIONTHS)}};
    check(policy);
    assert_int_equal(findings.count, 0);
    policy.rate_cap_bp = 1399;
    check(policy);
    assert_only(POLICY_ERROR, "bands.0.rate_percent",
                "the rate reaches 14.00 percent at risk 0.6, above rate_cap_percent 13.99");
}

static void an_offer_has_a_limit(void **state)
{
    (void)state;
    struct policy policy = {.bands = {APPROVE(MILLIONTHS, 1000000, 1, 0, 0)}};
    check(policy);
    assert_int_equal(findings.count, 0);
    policy.bands[0].limit_floor_cents = 0;
    check(policy);
    assert_only(POLICY_ERROR, "bands.0.limit.floor",
                "an approval offers a limit of 0.00 at risk 1; the least is 0.01");
}

static void more_risk_is_not_approved_where_less_is_denied(void **state)
{
    (void)state;
    check((struct policy){.bands = {APPROVE(100000, 200, 200, 0, 0), DENY(200000),
                                    APPROVE(300000, 100, 100, 0, 0), DENY(MILLIONTHS)}});
    assert_only(POLICY_ERROR, "bands.2.decision",
                "a higher risk is approved than is denied: bands.1 denies risks up to 0.2");
}

static void all_findings_fit(void **state)
{
    (void)state;
    struct policy policy = {.band_count = POLICY_BANDS_MAX, .rate_cap_bp = 1};
    for (int i = 0; i < POLICY_BANDS_MAX; i++)
        policy.bands[i] = (struct policy_band)APPROVE(i + 1, i % 2 * 10, 0, 1000 - i, 0);
    policy_check(&policy, &findings);
    assert_true(findings.count > 2 * POLICY_BANDS_MAX);
    assert_true(findings.count <= POLICY_FINDINGS_MAX);
}

static struct policy random_policy(void)
{
    struct policy policy = {.band_count = 1 + unit_random() % 4};
    if (unit_random() % 2 == 0)
        policy.exposure_cap_cents = 1 + (int64_t)(unit_random() % 3000);
    if (unit_random() % 2 == 0)
        policy.rate_cap_bp = 1 + (int32_t)(unit_random() % 3000);
    for (size_t i = 0; i < policy.band_count; i++) {
        struct policy_band *band = &policy.bands[i];
        band->approve = unit_random() % 4 != 0;
        band->risk_to =
            i + 1 == policy.band_count ? MILLIONTHS : (int32_t)(unit_random() % 11) * 100000;
        band->limit_full_cents = (int64_t)(unit_random() % 3000);
        band->limit_floor_cents = (int64_t)(unit_random() % 1000);
        band->rate_base_bp = (int32_t)(unit_random() % 1000);
        band->rate_slope_bp = (int32_t)(unit_random() % 2000);
    }
    return policy;
}

/* The faults that policy_check() looks for at ends, looked for everywhere. Risks are sampled, but
 * those around every border and end are among them. */
static bool has_error(const struct policy *policy)
{
    struct terms before = policy_apply(policy, 0);
    bool error =
        before.approved && (before.limit_cents == 0 ||
                            (policy->rate_cap_bp > 0 && before.rate_bp > policy->rate_cap_bp));
    for (int32_t risk = 1; risk <= MILLIONTHS; risk += risk % 10000 == 0 ? 1 : 9999) {
        struct terms terms = policy_apply(policy, risk);
        error |= terms.approved && !before.approved;
        error |= terms.limit_cents > before.limit_cents;
        error |= terms.approved && terms.limit_cents == 0;
        error |= policy->rate_cap_bp > 0 && terms.rate_bp > policy->rate_cap_bp;
        before = terms;
    }
    return error;
}

static void the_ends_tell_it_all(void **state)
{
    (void)state;
    int good = 0, bad = 0;
    while (good < 200 || bad < 200) {
        struct policy policy = random_policy();
        bool reached = true, errors = false;
        for (size_t i = 1; i < policy.band_count; i++)
            reached &= policy.bands[i].risk_to > policy.bands[i - 1].risk_to;
        if (!reached)
            continue;
        policy_check(&policy, &findings);
        for (size_t i = 0; i < findings.count; i++)
            errors |= findings.items[i].severity == POLICY_ERROR;
        assert_int_equal(errors, has_error(&policy));
        good += !errors;
        bad += errors;
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
        cmocka_unit_test(trained_models_are_calibrated),
        cmocka_unit_test(all_others_are_not),
        cmocka_unit_test(a_chosen_policy_decides_for_all),
        cmocka_unit_test(the_terms_of_the_seed_are_fine),
        cmocka_unit_test(gaps_are_errors),
        cmocka_unit_test(bands_that_no_risk_reaches_are_errors),
        cmocka_unit_test(unreachable_bands_are_passed_over),
        cmocka_unit_test(a_limit_may_not_rise_over_a_border),
        cmocka_unit_test(a_rate_that_falls_over_a_border_is_a_warning),
        cmocka_unit_test(a_rate_may_not_pass_the_cap),
        cmocka_unit_test(an_offer_has_a_limit),
        cmocka_unit_test(more_risk_is_not_approved_where_less_is_denied),
        cmocka_unit_test(all_findings_fit),
        cmocka_unit_test(the_ends_tell_it_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
