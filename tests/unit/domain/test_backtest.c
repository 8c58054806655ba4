/* SPDX-License-Identifier: Apache-2.0
 *
 * Backtests of random decisions against a plain computation of the same, one number at a time.
 */
#include "domain/backtest.h"

#include <stdio.h>

#include "backtest_equal.h"

enum { DECISIONS = 4000 };

static struct policy_band approve_to(int32_t risk_to, const char *credit_type, int64_t full_cents,
                                     int32_t base_bp)
{
    struct policy_band band = {.risk_to = risk_to,
                               .approve = true,
                               .limit_full_cents = full_cents,
                               .limit_floor_cents = full_cents / 4,
                               .rate_base_bp = base_bp,
                               .rate_slope_bp = 1500};
    snprintf(band.credit_type, sizeof band.credit_type, "%s", credit_type);
    return band;
}

static struct policy policy_of(enum emotion_guard guard, int32_t approve_risk, int64_t full_cents)
{
    struct policy policy = {.emotion_guard = guard,
                            .exposure_cap_cents = 900000,
                            .band_count = 3,
                            .bands = {approve_to(200000, "LONG", full_cents * 2, 400),
                                      approve_to(approve_risk, "SHORT", full_cents, 500),
                                      {.risk_to = MILLIONTHS, .reason = "No."}}};
    return policy;
}

static int32_t random_risk(void)
{
    static const int32_t edges[] = {0, 1, 20000, 20001, 200000, 200001, 600000, 600001, MILLIONTHS};
    uint64_t drawn = unit_random();
    if (drawn % 8 == 0)
        return edges[(drawn >> 8) % (sizeof edges / sizeof edges[0])];
    return (int32_t)((drawn >> 8) % (MILLIONTHS + 1));
}

static int32_t risk_under(const struct policy *policy, const struct verdict *verdict)
{
    return emotion_guard_choose(policy->emotion_guard, verdict->emotions_known, verdict->risk_full,
                                verdict->risk_financial) == BASIS_FULL
               ? verdict->risk_full
               : verdict->risk_financial;
}

/* As `policy` would have recorded it. */
static struct verdict verdict_of(const struct policy *policy)
{
    struct verdict verdict = {.decided_at_us = (int64_t)(unit_random() % 1000000),
                              .logged = true,
                              .stands = unit_random() % 3 != 0,
                              .risk_full = random_risk(),
                              .risk_financial = random_risk(),
                              .emotions_known = unit_random() % 4 != 0};
    unit_random_bytes(verdict.user_id.bytes, sizeof verdict.user_id.bytes);
    unit_random_bytes(verdict.decision_id.bytes, sizeof verdict.decision_id.bytes);
    verdict.risk = risk_under(policy, &verdict);
    struct terms terms = policy_apply(policy, verdict.risk);
    verdict.approved = terms.approved;
    verdict.limit_cents = terms.limit_cents;
    verdict.rate_bp = terms.rate_bp;
    verdict.credit_type = terms.credit_type;
    return verdict;
}

static bool is_swap(enum backtest_swap swap, const struct verdict *old, const struct terms *new)
{
    bool both = old->approved && new->approved;
    switch (swap) {
    case SWAP_DENIED_APPROVED:
        return !old->approved && new->approved;
    case SWAP_APPROVED_DENIED:
        return old->approved && !new->approved;
    case SWAP_LIMIT_GREATER:
        return both && new->limit_cents > old->limit_cents;
    case SWAP_LIMIT_LESSER:
        return both && new->limit_cents < old->limit_cents;
    case SWAP_RATE:
        return both && new->rate_bp != old->rate_bp;
    default:
        return both && strcmp(new->credit_type, old->credit_type) != 0;
    }
}

/* What a part of the decisions comes to: those in [lowest, highest] of the candidate's risk, in a
 * group or any (-1), in a swap set or any (SWAP_COUNT). */
static struct backtest_pair naive(const struct policy *policy, const struct verdict verdicts[],
                                  int32_t lowest, int32_t highest, int group,
                                  enum backtest_swap swap)
{
    struct backtest_pair pair = {0};
    for (int i = 0; i < DECISIONS; i++) {
        const struct verdict *old = &verdicts[i];
        int32_t risk = risk_under(policy, old);
        struct terms new = policy_apply(policy, risk);
        if (risk < lowest || risk > highest || (group >= 0 && i % BACKTEST_GROUPS != group) ||
            (swap != SWAP_COUNT && !is_swap(swap, old, &new)))
            continue;
        pair.recorded.count++;
        pair.candidate.count++;
        pair.recorded.approved += old->approved ? 1 : 0;
        pair.candidate.approved += new.approved ? 1 : 0;
        if (!old->stands)
            continue;
        pair.recorded.standing += old->approved ? 1 : 0;
        pair.candidate.standing += new.approved ? 1 : 0;
        pair.recorded.limit_cents += old->limit_cents;
        pair.candidate.limit_cents += new.limit_cents;
        risk = old->emotions_known ? old->risk_full : old->risk_financial;
        pair.recorded.limit_risk += old->limit_cents * risk;
        pair.candidate.limit_risk += new.limit_cents *risk;
        pair.recorded.limit_rate += old->limit_cents * old->rate_bp;
        pair.candidate.limit_rate += new.limit_cents *new.rate_bp;
    }
    return pair;
}

static void assert_pair(const struct backtest_pair *pair, struct backtest_pair expected)
{
    assert_pair_equal(pair, &expected);
}

/* Each example is in the set's decisions, and nothing outside tells more. */
static void check_examples(const struct backtest_set *set)
{
    size_t most = BACKTEST_EXAMPLES_MAX;
    size_t count = (size_t)set->sums.recorded.count;
    assert_int_equal(set->example_count, count < most ? count : most);
    for (size_t i = 1; i < set->example_count; i++)
        assert_true(set->examples[i - 1].weight >= set->examples[i].weight);
}

static int64_t greatest_rate_change(const struct policy *policy, const struct verdict verdicts[])
{
    int64_t greatest = 0;
    for (int i = 0; i < DECISIONS; i++) {
        struct terms new = policy_apply(policy, risk_under(policy, &verdicts[i]));
        int64_t change = new.rate_bp - verdicts[i].rate_bp;
        if (verdicts[i].approved && new.approved && (change < 0 ? -change : change) > greatest)
            greatest = change < 0 ? -change : change;
    }
    return greatest;
}

static void check_backtest(const struct backtest *backtest, const struct verdict verdicts[])
{
    enum { ANY = -1, TENTH = MILLIONTHS / BACKTEST_TENTHS };
    const struct policy *policy = backtest->candidate;
    assert_pair(&backtest->total, naive(policy, verdicts, 0, MILLIONTHS, ANY, SWAP_COUNT));
    for (size_t i = 0; i < policy->band_count; i++)
        assert_pair(&backtest->bands[i],
                    naive(policy, verdicts, i == 0 ? 0 : policy->bands[i - 1].risk_to + 1,
                          policy->bands[i].risk_to, ANY, SWAP_COUNT));
    for (int i = 0; i < BACKTEST_TENTHS; i++) {
        struct backtest_pair tenth = backtest_tenth(backtest, i);
        assert_pair(&tenth, naive(policy, verdicts, i == 0 ? 0 : i * TENTH + 1, (i + 1) * TENTH,
                                  ANY, SWAP_COUNT));
    }
    for (int i = 0; i < BACKTEST_GROUPS; i++)
        assert_pair(&backtest->groups[i], naive(policy, verdicts, 0, MILLIONTHS, i, SWAP_COUNT));
    for (int i = 0; i < SWAP_COUNT; i++) {
        assert_pair(&backtest->swaps[i].sums,
                    naive(policy, verdicts, 0, MILLIONTHS, ANY, (enum backtest_swap)i));
        check_examples(&backtest->swaps[i]);
    }
    if (backtest->swaps[SWAP_RATE].example_count > 0)
        assert_int_equal(backtest->swaps[SWAP_RATE].examples[0].weight,
                         greatest_rate_change(policy, verdicts));
}

static void equals_a_plain_computation(void **state)
{
    static struct verdict verdicts[DECISIONS];
    static struct backtest backtest;
    const struct policy recorded = policy_of(GUARD_MAY_ONLY_HELP, 600000, 800000);
    const struct policy candidates[] = {recorded, policy_of(GUARD_MAY_ONLY_HELP, 450000, 600000),
                                        policy_of(GUARD_FULL, 750000, 850000),
                                        policy_of(GUARD_OFF, 600000, 400000)};
    (void)state;
    for (int i = 0; i < DECISIONS; i++)
        verdicts[i] = verdict_of(&recorded);
    for (size_t k = 0; k < sizeof candidates / sizeof candidates[0]; k++) {
        backtest_init(&backtest, &candidates[k]);
        for (int i = 0; i < DECISIONS; i++)
            backtest_add(&backtest, &verdicts[i], i % BACKTEST_GROUPS);
        check_backtest(&backtest, verdicts);
    }
}

static void the_policy_that_decided_changes_nothing(void **state)
{
    static struct backtest backtest;
    const struct policy policy = policy_of(GUARD_MAY_ONLY_HELP, 600000, 800000);
    (void)state;
    backtest_init(&backtest, &policy);
    for (int i = 0; i < DECISIONS; i++) {
        struct verdict verdict = verdict_of(&policy);
        backtest_add(&backtest, &verdict, BACKTEST_GROUPS - 1);
    }
    for (int i = 0; i < SWAP_COUNT; i++)
        assert_int_equal(backtest.swaps[i].sums.recorded.count, 0);
    assert_sum_equal(&backtest.total.recorded, &backtest.total.candidate);
}

/* However they are dealt out, and whichever comes first. */
static void parts_that_are_merged_equal_the_whole(void **state)
{
    static struct backtest whole, parts[2];
    const struct policy recorded = policy_of(GUARD_MAY_ONLY_HELP, 600000, 800000);
    const struct policy candidate = policy_of(GUARD_FULL, 500000, 850000);
    (void)state;
    for (int round = 0; round < 20; round++) {
        backtest_init(&whole, &candidate);
        backtest_init(&parts[0], &candidate);
        backtest_init(&parts[1], &candidate);
        for (int i = 0; i < 300; i++) {
            struct verdict verdict = verdict_of(&recorded);
            int group = (int)(unit_random() % BACKTEST_GROUPS);
            verdict.logged = unit_random() % 16 != 0;
            backtest_add(&whole, &verdict, group);
            backtest_add(&parts[unit_random() % 2], &verdict, group);
        }
        backtest_merge(&parts[round % 2], &parts[1 - round % 2]);
        assert_backtest_equal(&parts[round % 2], &whole);
    }
}

static void decisions_of_before_the_log_are_left_out(void **state)
{
    static struct backtest backtest;
    const struct policy policy = policy_of(GUARD_FULL, 600000, 800000);
    (void)state;
    backtest_init(&backtest, &policy);
    struct verdict verdict = verdict_of(&policy);
    verdict.logged = false;
    backtest_add(&backtest, &verdict, 0);
    assert_int_equal(backtest.unlogged, 1);
    assert_int_equal(backtest.total.recorded.count, 0);
}

static void sums_of_the_greatest_decisions_are_exact(void **state)
{
    static struct backtest backtest;
    struct policy policy = {.band_count = 1, .bands = {approve_to(MILLIONTHS, "L", 0, 100000)}};
    (void)state;
    policy.bands[0].limit_floor_cents = AMOUNT_CENTS_MAX;
    policy.bands[0].rate_slope_bp = 0;
    struct verdict verdict = {
        .logged = true, .stands = true, .risk_full = MILLIONTHS, .risk_financial = MILLIONTHS};
    backtest_init(&backtest, &policy);
    for (int i = 0; i < 20000; i++)
        backtest_add(&backtest, &verdict, 0);
    const struct backtest_sum *sum = &backtest.total.candidate;
    assert_int_equal(backtest_loss_cents(sum), AMOUNT_CENTS_MAX * 20000);
    assert_int_equal(backtest_rate_bp(sum), 100000);
    assert_int_equal(backtest_interest_cents(sum), AMOUNT_CENTS_MAX * 20000 * 10);
    assert_int_equal(backtest_approved_bp(sum), 10000);
    assert_int_equal(backtest_rate_bp(&backtest.total.recorded), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_a_plain_computation),
        cmocka_unit_test(the_policy_that_decided_changes_nothing),
        cmocka_unit_test(parts_that_are_merged_equal_the_whole),
        cmocka_unit_test(decisions_of_before_the_log_are_left_out),
        cmocka_unit_test(sums_of_the_greatest_decisions_are_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
