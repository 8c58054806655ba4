/* SPDX-License-Identifier: Apache-2.0 */
#include "learning/calibrate.h"

#include "../synthetic.h"

enum { ROWS = 6000 };
static double log_odds[ROWS];
static uint8_t positives[ROWS];

/* Outcomes whose true log-odds are `truth` of what was said. */
static void fill(double (*truth)(double), uint64_t seed)
{
    struct random random = {seed};
    for (size_t i = 0; i < ROWS; i++) {
        log_odds[i] = 1.5 * synthetic_normal(&random);
        positives[i] = synthetic_share(&random) < calibration_probability(truth(log_odds[i]));
    }
}

static double stretched(double z)
{
    return 0.4 * z - 1;
}

static double stepped(double z)
{
    return z < 0 ? -3 : 1.5;
}

/* Of these, more said is never less happened. */
static double backward(double z)
{
    return -z;
}

static void rises_strictly(const struct calibration *calibration)
{
    double before = calibration_apply(calibration, -40);
    assert_true(calibration_valid(calibration));
    for (double z = -39.99; z < 40; z += 0.01) {
        double now = calibration_apply(calibration, z);
        assert_true(now > before);
        before = now;
    }
}

static void platt_finds_the_line(void **state)
{
    (void)state;
    struct calibration calibration;
    fill(stretched, 1);
    assert_int_equal(calibrate_platt(log_odds, positives, ROWS, &calibration), STATUS_OK);
    assert_true(fabs(calibration.slope - 0.4) < 0.06);
    assert_true(fabs(calibration.intercept + 1) < 0.1);
    rises_strictly(&calibration);
}

static void isotonic_finds_the_step(void **state)
{
    (void)state;
    struct calibration platt;
    struct calibration isotonic;
    struct calibration chosen;
    fill(stepped, 2);
    assert_int_equal(calibrate_platt(log_odds, positives, ROWS, &platt), STATUS_OK);
    assert_int_equal(calibrate_isotonic(log_odds, positives, ROWS, &isotonic), STATUS_OK);
    assert_int_equal(calibrate(log_odds, positives, ROWS, &chosen), STATUS_OK);
    assert_int_equal(chosen.form, CALIBRATION_ISOTONIC);
    rises_strictly(&isotonic);
    assert_true(fabs(calibration_apply(&isotonic, 1) - 1.5) < 0.4);
    assert_true(fabs(calibration_apply(&isotonic, -1) + 3) < 0.6);
    assert_true(calibrate_loss(&isotonic, log_odds, positives, ROWS) <
                calibrate_loss(&platt, log_odds, positives, ROWS));
}

static void never_turned_around(void **state)
{
    (void)state;
    struct calibration calibration;
    fill(backward, 3);
    assert_int_equal(calibrate_platt(log_odds, positives, ROWS, &calibration), STATUS_OK);
    rises_strictly(&calibration);
    assert_int_equal(calibrate_isotonic(log_odds, positives, ROWS, &calibration), STATUS_OK);
    rises_strictly(&calibration);
    assert_int_equal(calibrate(log_odds, positives, ROWS, &calibration), STATUS_OK);
    rises_strictly(&calibration);
}

/* Random small samples, with ties and single outcomes among them. */
static void always_rises(void **state)
{
    (void)state;
    struct random random = {4};
    for (int round = 0; round < 200; round++) {
        size_t count = 20 + random_below(&random, 300);
        for (size_t i = 0; i < count; i++) {
            log_odds[i] = (double)random_below(&random, 50) / 10 - 2.5;
            positives[i] = random_below(&random, 50) < random_below(&random, 50);
        }
        positives[0] = 1;
        positives[1] = 0;
        struct calibration calibration;
        assert_int_equal(calibrate_isotonic(log_odds, positives, count, &calibration), STATUS_OK);
        rises_strictly(&calibration);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platt_finds_the_line),
        cmocka_unit_test(isotonic_finds_the_step),
        cmocka_unit_test(never_turned_around),
        cmocka_unit_test(always_rises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
