/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/policy_choice.h"

#include "../unit.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trained_models_are_calibrated),
        cmocka_unit_test(all_others_are_not),
        cmocka_unit_test(a_chosen_policy_decides_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
