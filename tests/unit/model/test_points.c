/* SPDX-License-Identifier: Apache-2.0 */
#include "model/points.h"

#include <math.h>

#include "../unit.h"

static const char text[] =
    "{\"format\":1,\"points_at_even_odds\":500,\"points_to_double_the_odds\":20,\"base\":510,"
    "\"columns\":[{\"name\":\"debt\",\"bins\":[{\"below\":0.5,\"points\":12},"
    "{\"below\":2,\"points\":3},{\"points\":-9}],\"missing\":-1},"
    "{\"name\":\"job\",\"levels\":[{\"level\":\"clerk\",\"points\":4},"
    "{\"level\":\"none\",\"points\":-20}],\"missing\":0}]}";

static struct points read_points(void)
{
    struct points points;
    char reason[REASON_MAX + 1];
    assert_int_equal(points_read(slice_of(text), &points, reason), STATUS_OK);
    return points;
}

static void added_up_by_hand(void **state)
{
    (void)state;
    struct points points = read_points();
    assert_int_equal(points_score(&points, (const double[]){0.4, 0}), 510 + 12 + 4);
    assert_int_equal(points_score(&points, (const double[]){0.5, 0}), 510 + 3 + 4);
    assert_int_equal(points_score(&points, (const double[]){-7, 1}), 510 + 12 - 20);
    assert_int_equal(points_score(&points, (const double[]){1e9, 1}), 510 - 9 - 20);
    assert_int_equal(points_score(&points, (const double[]){NAN, NAN}), 510 - 1);
    assert_int_equal(points_score(&points, (const double[]){INFINITY, 2}), 510 - 1);
    points_free(&points);
}

static void points_are_odds(void **state)
{
    (void)state;
    assert_true(fabs(points_probability(500) - 0.5) < 1e-12);
    assert_true(fabs(points_probability(520) - 1.0 / 3) < 1e-12);
    assert_true(fabs(points_probability(480) - 2.0 / 3) < 1e-12);
}

static void written_as_read(void **state)
{
    (void)state;
    struct points points = read_points();
    struct buf json;
    buf_init(&json, 4096);
    points_write(&points, &json);
    assert_string_equal(json.data, text);
    buf_free(&json);
    points_free(&points);
}

static void mutations_do_no_harm(void **state)
{
    (void)state;
    char mutated[sizeof text + 8];
    for (int i = 0; i < 20000; i++) {
        struct points points;
        char reason[REASON_MAX + 1] = "";
        size_t size = unit_mutate(text, sizeof text - 1, mutated, sizeof mutated);
        if (points_read((struct slice){mutated, size}, &points, reason) == STATUS_OK) {
            double row[MODEL_COLUMNS_MAX] = {0.1, 1};
            points_score(&points, row);
            points_free(&points);
        } else {
            assert_true(reason[0] != '\0');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(added_up_by_hand),
        cmocka_unit_test(points_are_odds),
        cmocka_unit_test(written_as_read),
        cmocka_unit_test(mutations_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
