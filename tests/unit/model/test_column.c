/* SPDX-License-Identifier: Apache-2.0 */
#include "model/column.h"

#include <float.h>
#include <math.h>

#include "../unit.h"

static char *cities[] = {"Bonn", "Rome", "Oslo"};
static const struct model_column columns[] = {
    {.name = "age", .kind = MODEL_NUMERIC},
    {.name = "city", .kind = MODEL_CATEGORY, .levels = cities, .level_count = 3},
    {.name = "wage", .kind = MODEL_NUMERIC},
};
enum { COLUMNS = 3 };
static const bool all[COLUMNS] = {true, true, true};

static void is(const struct encoding *encoding, const double row[], const float expected[])
{
    float features[8];
    encoding_apply(encoding, row, features);
    for (size_t i = 0; i < encoding->feature_count; i++)
        assert_true(isnan(expected[i]) ? isnan(features[i]) : features[i] == expected[i]);
}

static void a_feature_a_level(void **state)
{
    (void)state;
    struct encoding encoding;
    assert_int_equal(encoding_init(&encoding, columns, all, COLUMNS), STATUS_OK);
    assert_int_equal(encoding.feature_count, 5);
    is(&encoding, (const double[]){31, 0, -2}, (const float[]){31, 1, 0, 0, -2});
    is(&encoding, (const double[]){31, 2, -2}, (const float[]){31, 0, 0, 1, -2});
    is(&encoding, (const double[]){NAN, NAN, NAN}, (const float[]){NAN, NAN, NAN, NAN, NAN});
    encoding_free(&encoding);
}

/* A level that is not there is missing; what is too great is the greatest. */
static void values_that_do_not_fit(void **state)
{
    (void)state;
    static const double levels[] = {3, -1, 0.5, 1e300, INFINITY, -INFINITY};
    struct encoding encoding;
    assert_int_equal(encoding_init(&encoding, columns, all, COLUMNS), STATUS_OK);
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
        is(&encoding, (const double[]){1, levels[i], 1}, (const float[]){1, NAN, NAN, NAN, 1});
    is(&encoding, (const double[]){1e300, 1, -1e300}, (const float[]){FLT_MAX, 0, 1, 0, -FLT_MAX});
    is(&encoding, (const double[]){INFINITY, 1, -INFINITY}, (const float[]){NAN, 0, 1, 0, NAN});
    encoding_free(&encoding);
}

static void columns_that_are_not_used(void **state)
{
    (void)state;
    static const bool some[COLUMNS] = {false, true, false};
    static const bool none[COLUMNS] = {false};
    struct encoding encoding;
    assert_int_equal(encoding_init(&encoding, columns, some, COLUMNS), STATUS_OK);
    is(&encoding, (const double[]){NAN, 1, 7}, (const float[]){0, 1, 0});
    encoding_free(&encoding);
    assert_int_equal(encoding_init(&encoding, columns, none, COLUMNS), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_feature_a_level),
        cmocka_unit_test(values_that_do_not_fit),
        cmocka_unit_test(columns_that_are_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
