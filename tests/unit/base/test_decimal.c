/* SPDX-License-Identifier: Apache-2.0 */
#include "base/decimal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit.h"

static void numbers_are_rounded_by_their_digits(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t scale, scaled;
    } cases[] = {
        {"0", 100, 0},
        {"12", 100, 1200},
        {"12.5", 100, 1250},
        {".5", 100, 50},
        {"5.", 100, 500},
        {"+1", 1, 1},
        {"-1.005", 100, -101},
        {"1.005", 100, 101},
        {"1.00499999999999999999999999", 100, 100},
        {" \t7\n", 1, 7},
        {"1e2", 100, 10000},
        {"1E-2", 100, 1},
        {"5e-3", 100, 1},
        {"4.9e-3", 100, 0},
        {"0.00049", 1, 0},
        {"123.456e3", 1000000, 123456000000},
        {"0.5", 1, 1},
        {"0.05", 1, 0},
        {"-0.5", 1, -1},
        {"99999999.99", 100, 9999999999},
        {"000000000000000000000000000000001", 1, 1},
        {"1e-100000000000", 1, 0},
        {"0e100000000000", 1, 0},
        {"1e100000000000", 1, INT64_MAX},
        {"9223372036854775807", 1, INT64_MAX},
        {"9223372036854775808", 1, INT64_MAX},
        {"-1e30", 1, -INT64_MAX},
        {"9223372036854775807.5", 1, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double value;
        int64_t scaled;
        assert_int_equal(decimal_parse(cases[i].text, cases[i].scale, &value, &scaled), STATUS_OK);
        assert_int_equal(scaled, cases[i].scaled);
    }
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      " ",   ".",   "-",    "+-1",  "1e",       "1e+",
                                        "1.2.3", "1,5", "1_0", "0x10", "nan",  "infinity", "1 2",
                                        "one",   "1d",  "--1", "e5",   "1e5.0"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value;
        int64_t scaled;
        assert_int_equal(decimal_parse(texts[i], 100, &value, &scaled), STATUS_INVALID);
    }
}

/* Every number of cents comes back as itself, from text and from the nearest double. */
static void every_cent_survives(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t cents = (int64_t)(unit_random() % 10000000000), scaled;
        char text[32];
        double value;
        snprintf(text, sizeof text, "%" PRId64 ".%02" PRId64, cents / 100, cents % 100);
        assert_int_equal(decimal_parse(text, 100, &value, &scaled), STATUS_OK);
        assert_int_equal(scaled, cents);
        assert_int_equal(decimal_of_double(value, 100), cents);
    }
}

/* With a third decimal, doubles round as their text does. */
static void doubles_round_as_their_digits(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        int64_t mills = (int64_t)(unit_random() % 100000000000), scaled;
        if (i % 2 == 0)
            mills = mills / 10 * 10 + 5; /* a half */
        char text[32];
        double value;
        snprintf(text, sizeof text, "%s%" PRId64 ".%03" PRId64, i % 3 == 0 ? "-" : "", mills / 1000,
                 mills % 1000);
        assert_int_equal(decimal_parse(text, 100, &value, &scaled), STATUS_OK);
        assert_int_equal(decimal_of_double(value, 100), scaled);
        assert_int_equal(llabs(scaled), (mills + 5) / 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_by_their_digits),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(every_cent_survives),
        cmocka_unit_test(doubles_round_as_their_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
