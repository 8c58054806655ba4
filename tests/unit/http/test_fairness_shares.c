/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares of what there is only so much of: exact, and given back.
 */
#include "../unit.h"

#include <pthread.h>
#include <stdbool.h>

#include "http/fairness.h"

static struct shares shares;

static int setup(void **state)
{
    (void)state;
    shares_init(&shares, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    shares_destroy(&shares);
    return 0;
}

static void test_nobody_has_more_than_their_share(void **state)
{
    (void)state;
    assert_int_equal(shares_take(&shares, 1, 30, 40), STATUS_OK);
    assert_int_equal(shares_take(&shares, 1, 11, 40), STATUS_TOO_MANY_REQUESTS);
    assert_int_equal(shares_take(&shares, 1, SIZE_MAX, 40), STATUS_TOO_MANY_REQUESTS);
    assert_int_equal(shares_take(&shares, 1, 10, 40), STATUS_OK);
    assert_int_equal(shares_take(&shares, 1, 1, 40), STATUS_TOO_MANY_REQUESTS);
    assert_int_equal(shares_take(&shares, 2, 40, 40), STATUS_OK);
    shares_give(&shares, 1, 10);
    assert_int_equal(shares_take(&shares, 1, 10, 40), STATUS_OK);
}

static void test_together_they_have_what_there_is(void **state)
{
    (void)state;
    assert_int_equal(shares_take(&shares, 1, 60, 100), STATUS_OK);
    assert_int_equal(shares_take(&shares, 2, 41, 100), STATUS_UNAVAILABLE);
    assert_int_equal(shares_take(&shares, 2, 40, 100), STATUS_OK);
    assert_int_equal(shares_take(&shares, 3, 1, 100), STATUS_UNAVAILABLE);
    shares_give(&shares, 1, 60);
    assert_int_equal(shares_take(&shares, 3, 60, 100), STATUS_OK);
}

/* More keys than there are buckets, taken and given back in another order. */
static void test_many_keys(void **state)
{
    (void)state;
    enum { KEYS = 3 * SHARE_BUCKETS };
    shares.all_max = KEYS;
    for (uint64_t key = 0; key < KEYS; key++)
        assert_int_equal(shares_take(&shares, key, 1, 1), STATUS_OK);
    assert_int_equal(shares_take(&shares, KEYS, 1, 1), STATUS_UNAVAILABLE);
    for (uint64_t key = 0; key < KEYS; key++) {
        assert_int_equal(shares_take(&shares, key, 1, 1), STATUS_TOO_MANY_REQUESTS);
        shares_give(&shares, key, 1);
    }
    assert_int_equal(shares_take(&shares, 1, KEYS, KEYS), STATUS_OK);
}

/* Whatever one key takes and gives back, and in what turns: it never has more than its share, and
 * the others always get what they need of the rest. */
static void test_one_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { CASES = 1000, TURNS = 200, MODEST = 50, GREEDY = MODEST };
    for (int round = 0; round < CASES; round++) {
        size_t has[MODEST + 1] = {0}, all = 0;
        shares.all_max = 4 * MODEST + unit_random() % 100000;
        size_t key_max = shares.all_max / (2 + unit_random() % 3);
        size_t need = (shares.all_max - key_max) / MODEST; /* of each modest one */
        for (int turn = 0; turn < TURNS; turn++) {
            size_t key = unit_random() % 2 == 0 ? GREEDY : unit_random() % MODEST;
            bool gives = has[key] > 0 && unit_random() % (key == GREEDY ? 8 : 2) == 0;
            size_t amount = 1 + unit_random() % (key == GREEDY ? 2 * key_max : need);
            if (gives) {
                amount = has[key];
                shares_give(&shares, key, amount);
                has[key] -= amount;
                all -= amount;
            } else if (key == GREEDY || has[key] + amount <= need) {
                enum status status = shares_take(&shares, key, amount, key_max);
                assert_true(status == STATUS_OK || key == GREEDY);
                has[key] += status == STATUS_OK ? amount : 0;
                all += status == STATUS_OK ? amount : 0;
            }
            assert_true(has[GREEDY] <= key_max);
            assert_int_equal(shares_taken(&shares), all);
        }
        for (size_t key = 0; key <= MODEST; key++)
            if (has[key] > 0)
                shares_give(&shares, key, has[key]);
    }
}

static void *churn(void *argument)
{
    uint64_t key = (uintptr_t)argument % 2;
    for (int i = 0; i < 20000; i++)
        if (shares_take(&shares, key, 3, 50) == STATUS_OK)
            shares_give(&shares, key, 3);
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, churn, (void *)i);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(shares_take(&shares, 1, 100, 100), STATUS_OK);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nobody_has_more_than_their_share),
        TEST(test_together_they_have_what_there_is),
        TEST(test_many_keys),
        TEST(test_one_takes_no_more_than_a_share),
        TEST(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
