/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/logistic.h"

#include <math.h>

#include "../synthetic.h"

enum { ROWS = 4000, WIDTH = 3 };
static double values[ROWS * WIDTH];
static uint8_t positives[ROWS];

static void fill(void)
{
    struct random random = {9};
    for (size_t i = 0; i < ROWS; i++) {
        double *row = values + i * WIDTH;
        for (size_t k = 0; k < WIDTH; k++)
            row[k] = synthetic_normal(&random);
        double z = -0.5 + 1.0 * row[0] - 0.7 * row[1];
        positives[i] = synthetic_share(&random) < 1 / (1 + exp(-z));
    }
}

/* The derivative of the penalised objective is 0 where the weights are. */
static void the_gradient_vanishes(void **state)
{
    (void)state;
    double weights[WIDTH + 1] = {0};
    struct logistic_problem problem = {values, positives, ROWS, WIDTH, 2.5, 0.05, NULL};
    fill();
    assert_int_equal(logistic_fit(&problem, weights), STATUS_OK);
    double gradient[WIDTH + 1] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        double z = weights[WIDTH];
        for (size_t k = 0; k < WIDTH; k++)
            z += weights[k] * values[i * WIDTH + k];
        double slope = (positives[i] ? 2.5 : 1) * (positives[i] - 1 / (1 + exp(-z)));
        for (size_t k = 0; k < WIDTH; k++)
            gradient[k] += slope * values[i * WIDTH + k];
        gradient[WIDTH] += slope;
    }
    for (size_t k = 0; k < WIDTH; k++)
        assert_true(fabs(gradient[k] - 0.05 * ROWS * weights[k]) < 1e-3);
    assert_true(fabs(gradient[WIDTH]) < 1e-3);
}

static void weights_are_found_again(void **state)
{
    (void)state;
    double weights[WIDTH + 1] = {0};
    struct logistic_problem problem = {values, positives, ROWS, WIDTH, 1, 1e-6, NULL};
    fill();
    assert_int_equal(logistic_fit(&problem, weights), STATUS_OK);
    assert_true(fabs(weights[0] - 1) < 0.12);
    assert_true(fabs(weights[1] + 0.7) < 0.12);
    assert_true(fabs(weights[2]) < 0.12);
    assert_true(fabs(weights[3] + 0.5) < 0.12);
}

/* A sign that the data speaks against is held at 0, and the others stay at their best. */
static void signs_are_held(void **state)
{
    (void)state;
    static const int8_t directions[WIDTH] = {-1, -1, 0};
    double weights[WIDTH + 1] = {0};
    struct logistic_problem problem = {values, positives, ROWS, WIDTH, 1, 1e-6, directions};
    fill();
    assert_int_equal(logistic_fit(&problem, weights), STATUS_OK);
    assert_true(weights[0] == 0);
    assert_true(weights[1] < -0.4);
}

/* Outcomes that one value parts need no infinite weight. */
static void parted_outcomes_stay_finite(void **state)
{
    (void)state;
    static const double line[] = {-3, -2, -1, 1, 2, 3};
    static const uint8_t above[] = {0, 0, 0, 1, 1, 1};
    double weights[2] = {0};
    struct logistic_problem problem = {line, above, 6, 1, 1, 1e-4, NULL};
    assert_int_equal(logistic_fit(&problem, weights), STATUS_OK);
    assert_true(weights[0] > 1 && weights[0] < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_gradient_vanishes),
        cmocka_unit_test(weights_are_found_again),
        cmocka_unit_test(signs_are_held),
        cmocka_unit_test(parted_outcomes_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
