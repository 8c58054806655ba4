/* SPDX-License-Identifier: Apache-2.0 */
#include "../../doubles.h"
#include "adapters/entropy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void seeded_repeats(void **state)
{
    (void)state;
    struct entropy_seeded one, same, other;
    entropy_seeded_init(&one, 7);
    entropy_seeded_init(&same, 7);
    entropy_seeded_init(&other, 8);
    uint8_t a[21], b[21], c[21];
    entropy_fill(&one.base, a, sizeof a);
    entropy_fill(&same.base, b, sizeof b);
    entropy_fill(&other.base, c, sizeof c);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    entropy_fill(&one.base, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void seeded_is_splitmix64(void **state)
{
    (void)state;
    struct entropy_seeded seeded;
    entropy_seeded_init(&seeded, 0);
    uint8_t bytes[8];
    entropy_fill(&seeded.base, bytes, sizeof bytes);
    /* The reference generator's first number for seed 0: e220a8397b1dcdaf. */
    const uint8_t expected[8] = {0xaf, 0xcd, 0x1d, 0x7b, 0x39, 0xa8, 0x20, 0xe2};
    assert_memory_equal(bytes, expected, sizeof bytes);
}

static void system_differs_each_time(void **state)
{
    (void)state;
    uint8_t a[32], b[32];
    entropy_fill(entropy_system(), a, sizeof a);
    entropy_fill(entropy_system(), b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seeded_repeats),
        cmocka_unit_test(seeded_is_splitmix64),
        cmocka_unit_test(system_differs_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
