/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reasons.h"

#include <stdlib.h>

#include "../unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_of_four_families_that_hurt),
        cmocka_unit_test(for_an_approval_what_helped),
        cmocka_unit_test(no_emotion_denies_where_it_may_only_help),
        cmocka_unit_test(nothing_weighs_nothing),
        cmocka_unit_test(of_any_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
