/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/reasons.h"

#include <stdlib.h>

#include "../unit.h"

static void the_strongest_four_that_hurt(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {5, -90, 7, 0, 3, 9, 7, 1};
    struct reasons reasons = reasons_pick(weights, false);
    static const int expected[] = {5, 2, 6, 0};
    assert_int_equal(reasons.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(reasons.list[i].feature, expected[i]);
}

static void for_an_approval_what_helped(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {5, -90, 7, 0, -100};
    struct reasons reasons = reasons_pick(weights, true);
    assert_int_equal(reasons.count, 2);
    assert_int_equal(reasons.list[0].feature, 4);
    assert_int_equal(reasons.list[1].weight, -90);
}

static void nothing_weighs_nothing(void **state)
{
    (void)state;
    const int32_t weights[FEATURE_COUNT] = {0};
    assert_int_equal(reasons_pick(weights, true).count, 0);
    assert_int_equal(reasons_pick(weights, false).count, 0);
}

/* Whatever the weights: sorted, of one sign, and nothing stronger is left out. */
static void of_any_weights(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        bool approved = round % 2 == 0;
        int32_t weights[FEATURE_COUNT];
        for (int i = 0; i < FEATURE_COUNT; i++)
            weights[i] = (int32_t)(unit_random() % 21) - 10;
        struct reasons reasons = reasons_pick(weights, approved);
        int stronger = 0;
        int32_t weakest = abs(reasons.list[REASONS_MAX - 1].weight);
        for (size_t i = 1; i < reasons.count; i++)
            assert_true(abs(reasons.list[i - 1].weight) >= abs(reasons.list[i].weight));
        for (int i = 0; i < FEATURE_COUNT; i++)
            stronger += (approved ? -weights[i] : weights[i]) > weakest;
        assert_true(stronger < REASONS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_strongest_four_that_hurt),
        cmocka_unit_test(for_an_approval_what_helped),
        cmocka_unit_test(nothing_weighs_nothing),
        cmocka_unit_test(of_any_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
