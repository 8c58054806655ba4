/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/auc.h"

#include "../unit.h"
#include "limits.h"

enum { CASES_MAX = 200 };

/* Every pair of a hit and a miss, one by one. */
static int32_t naive_auc(const struct auc_case cases[], size_t count)
{
    int64_t pairs = 0, doubled = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (cases[i].hit && !cases[k].hit) {
                pairs++;
                doubled += 2 * (cases[i].score > cases[k].score);
                doubled += cases[i].score == cases[k].score;
            }
    return pairs == 0 ? MILLIONTHS / 2 : (int32_t)((doubled * MILLIONTHS + pairs) / (2 * pairs));
}

static void it_counts_pairs(void **state)
{
    (void)state;
    struct auc_case cases[CASES_MAX];
    for (int round = 0; round < 500; round++) {
        size_t count = unit_random() % (CASES_MAX + 1);
        uint64_t scores = 1 + unit_random() % 300; /* from all tied to almost none */
        for (size_t i = 0; i < count; i++)
            cases[i] =
                (struct auc_case){(int64_t)(unit_random() % scores) - 100, unit_random() % 3 == 0};
        int32_t expected = naive_auc(cases, count);
        assert_int_equal(auc_of(cases, count), expected);
        for (size_t i = 1; i < count; i++)
            assert_true(cases[i - 1].score <= cases[i].score);
    }
}

static void the_ends_of_its_range(void **state)
{
    (void)state;
    struct auc_case right[] = {{3, true}, {INT64_MIN, false}, {INT64_MAX, true}, {2, false}};
    struct auc_case wrong[] = {{1, true}, {2, false}};
    struct auc_case tied[] = {{7, true}, {7, false}, {7, false}};
    assert_int_equal(auc_of(right, 4), MILLIONTHS);
    assert_int_equal(auc_of(wrong, 2), 0);
    assert_int_equal(auc_of(tied, 3), MILLIONTHS / 2);
}

static void no_pairs_tell_nothing(void **state)
{
    (void)state;
    struct auc_case hits[] = {{1, true}, {2, true}};
    assert_int_equal(auc_of(hits, 0), MILLIONTHS / 2);
    assert_int_equal(auc_of(hits, 2), MILLIONTHS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts_pairs),
        cmocka_unit_test(the_ends_of_its_range),
        cmocka_unit_test(no_pairs_tell_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
