/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/guard.h"

#include "../unit.h"

static void feelings_may_only_help(void **state)
{
    (void)state;
    for (int full = 0; full <= 10; full++) {
        for (int financial = 0; financial <= 10; financial++) {
            enum risk_basis basis = guard_choose(GUARD_MAY_ONLY_HELP, true, full, financial);
            int chosen = basis == BASIS_FULL ? full : financial;
            assert_true(chosen <= financial);
            assert_true(chosen <= full);
        }
    }
}

static void full_and_off(void **state)
{
    (void)state;
    assert_int_equal(guard_choose(GUARD_FULL, true, 9, 1), BASIS_FULL);
    assert_int_equal(guard_choose(GUARD_OFF, true, 1, 9), BASIS_FINANCIAL);
}

static void without_feelings_the_financial_risk_decides(void **state)
{
    (void)state;
    for (int guard = 0; guard < GUARD_COUNT; guard++) {
        assert_int_equal(guard_choose((enum emotion_guard)guard, false, 1, 9), BASIS_FINANCIAL);
        assert_int_equal(guard_choose((enum emotion_guard)guard, false, 9, 1), BASIS_FINANCIAL);
    }
}

static void names_go_there_and_back(void **state)
{
    (void)state;
    for (int i = 0; i < GUARD_COUNT; i++) {
        enum emotion_guard guard;
        assert_true(guard_parse(guard_name((enum emotion_guard)i), &guard));
        assert_int_equal(guard, i);
    }
    for (int i = 0; i < BASIS_COUNT; i++) {
        enum risk_basis basis;
        assert_true(risk_basis_parse(risk_basis_name((enum risk_basis)i), &basis));
        assert_int_equal(basis, i);
    }
    enum emotion_guard guard;
    assert_false(guard_parse("maybe", &guard));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(feelings_may_only_help),
        cmocka_unit_test(full_and_off),
        cmocka_unit_test(without_feelings_the_financial_risk_decides),
        cmocka_unit_test(names_go_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
