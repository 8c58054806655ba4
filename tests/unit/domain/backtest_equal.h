/* SPDX-License-Identifier: Apache-2.0
 *
 * Fails the test unless two backtests of the same candidate counted the same.
 */
#ifndef ECS_TESTS_UNIT_DOMAIN_BACKTEST_EQUAL_H
#define ECS_TESTS_UNIT_DOMAIN_BACKTEST_EQUAL_H

#include "../unit.h"
#include "domain/backtest.h"

static inline void assert_sum_equal(const struct backtest_sum *sum,
                                    const struct backtest_sum *expected)
{
    assert_int_equal(sum->count, expected->count);
    assert_int_equal(sum->approved, expected->approved);
    assert_int_equal(sum->standing, expected->standing);
    assert_int_equal(sum->limit_cents, expected->limit_cents);
    assert_true(sum->limit_risk == expected->limit_risk);
    assert_true(sum->limit_rate == expected->limit_rate);
}

static inline void assert_pair_equal(const struct backtest_pair *pair,
                                     const struct backtest_pair *expected)
{
    assert_sum_equal(&pair->recorded, &expected->recorded);
    assert_sum_equal(&pair->candidate, &expected->candidate);
}

static inline void assert_terms_equal(const struct backtest_terms *terms,
                                      const struct backtest_terms *expected)
{
    assert_int_equal(terms->approved, expected->approved);
    assert_int_equal(terms->risk, expected->risk);
    assert_int_equal(terms->limit_cents, expected->limit_cents);
    assert_int_equal(terms->rate_bp, expected->rate_bp);
}

static inline void assert_set_equal(const struct backtest_set *set,
                                    const struct backtest_set *expected)
{
    assert_pair_equal(&set->sums, &expected->sums);
    assert_int_equal(set->example_count, expected->example_count);
    for (size_t i = 0; i < set->example_count; i++) {
        const struct backtest_example *one = &set->examples[i], *other = &expected->examples[i];
        assert_true(uuid_equal(&one->decision_id, &other->decision_id));
        assert_int_equal(one->decided_at_us, other->decided_at_us);
        assert_int_equal(one->weight, other->weight);
        assert_terms_equal(&one->recorded, &other->recorded);
        assert_terms_equal(&one->candidate, &other->candidate);
    }
}

static inline void assert_backtest_equal(const struct backtest *backtest,
                                         const struct backtest *expected)
{
    assert_int_equal(backtest->unlogged, expected->unlogged);
    assert_int_equal(backtest->first_us, expected->first_us);
    assert_int_equal(backtest->last_us, expected->last_us);
    assert_pair_equal(&backtest->total, &expected->total);
    for (int i = 0; i < POLICY_BANDS_MAX; i++)
        assert_pair_equal(&backtest->bands[i], &expected->bands[i]);
    for (int i = 0; i < BACKTEST_BINS; i++)
        assert_pair_equal(&backtest->bins[i], &expected->bins[i]);
    for (int i = 0; i < BACKTEST_GROUPS; i++)
        assert_pair_equal(&backtest->groups[i], &expected->groups[i]);
    for (int i = 0; i < SWAP_COUNT; i++)
        assert_set_equal(&backtest->swaps[i], &expected->swaps[i]);
}

#endif
