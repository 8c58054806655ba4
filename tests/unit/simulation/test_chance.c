/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/chance.h"

#include <math.h>
#include <stdlib.h>

#include "../unit.h"
#include "base/splitmix.h"
#include "limits.h"

enum { DRAWS = 100000 };

static void known_words(void **state)
{
    (void)state;
    uint64_t seed = 0;
    /* The first words of SplitMix64 from 0, as its authors' splitmix64.c gives them. */
    assert_true(splitmix_next(&seed) == 0xe220a8397b1dcdafu);
    assert_true(splitmix_next(&seed) == 0x6e789e6aa1b965f4u);
    assert_true(splitmix_next(&seed) == 0x06c45d188009454fu);
}

static void draws_depend_on_seed_use_and_number(void **state)
{
    (void)state;
    uint64_t word = chance_of(1, 2, 3);
    assert_true(word == chance_of(1, 2, 3));
    assert_true(word != chance_of(2, 2, 3));
    assert_true(word != chance_of(1, 3, 3));
    assert_true(word != chance_of(1, 2, 4));
}

static void below_is_even(void **state)
{
    (void)state;
    int counts[10] = {0};
    for (uint64_t i = 0; i < DRAWS; i++)
        counts[chance_below(chance_of(5, 1, i), 10)]++;
    for (int i = 0; i < 10; i++)
        assert_true(abs(counts[i] - DRAWS / 10) < 500); /* five deviations */
}

static void normal_has_mean_and_deviation(void **state)
{
    (void)state;
    double sum = 0, squares = 0;
    int beyond_two = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        double drawn = (double)chance_normal(chance_of(9, 1, i)) / MILLIONTHS;
        assert_true(drawn > -3.47 && drawn < 3.47);
        sum += drawn;
        squares += drawn * drawn;
        beyond_two += fabs(drawn) > 2;
    }
    assert_true(fabs(sum / DRAWS) < 0.015);
    assert_true(fabs(squares / DRAWS - 1) < 0.02);
    assert_true(beyond_two > DRAWS * 35 / 1000 && beyond_two < DRAWS * 55 / 1000);
}

static void a_wave_is_straight_between_its_knots(void **state)
{
    (void)state;
    for (int64_t knot = 0; knot < 50; knot++) {
        int64_t from = chance_wave(3, 1, knot * 7, 7), to = chance_wave(3, 1, knot * 7 + 7, 7);
        assert_int_equal(from, chance_normal(chance_of(3, 1, (uint64_t)knot)));
        for (int64_t part = 1; part < 7; part++)
            assert_int_equal(chance_wave(3, 1, knot * 7 + part, 7), from + (to - from) * part / 7);
    }
}

static void exp_and_logistic_are_as_libm_has_them(void **state)
{
    (void)state;
    for (int64_t x = -16000000; x <= 16000000; x += 1237) {
        double real = (double)x / MILLIONTHS;
        double error = (double)chance_exp(x) / MILLIONTHS - exp(real);
        assert_true(fabs(error) < 2e-5 * exp(real) + 2e-6);
        error = (double)chance_logistic(x) / MILLIONTHS - 1 / (1 + exp(-real));
        assert_true(fabs(error) < 1e-5);
    }
    assert_int_equal(chance_exp(0), MILLIONTHS);
    assert_int_equal(chance_exp(INT64_MIN / 2), 0);
    assert_int_equal(chance_logistic(0), MILLIONTHS / 2);
    assert_int_equal(chance_logistic(100 * (int64_t)MILLIONTHS), MILLIONTHS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words),
        cmocka_unit_test(draws_depend_on_seed_use_and_number),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(normal_has_mean_and_deviation),
        cmocka_unit_test(a_wave_is_straight_between_its_knots),
        cmocka_unit_test(exp_and_logistic_are_as_libm_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
