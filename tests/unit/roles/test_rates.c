/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/rates.h"

#include <stdio.h>

#include "../unit.h"
#include "adapters/cache_memory.h"
#include "adapters/clock_manual.h"

enum { CACHE_BYTES = 4 << 20 };

static struct clock_manual manual;
static struct role_context context;

static int setup(void **state)
{
    (void)state;
    clock_manual_init(&manual, 1760000000LL * SECOND_US);
    context = (struct role_context){.clock = &manual.base};
    return cache_memory_open(CACHE_BYTES, &manual.base, &context.cache) == STATUS_OK ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    cache_close(context.cache);
    return 0;
}

static bool passes(unsigned address, int64_t max)
{
    char text[16];
    snprintf(text, sizeof text, "10.0.%u.%u", address >> 8, address & 0xFF);
    return rate_pass(&context, "logins", slice_of(text), max);
}

/* In random turns: one address passes as often as it may in a second, however many others there
 * are, and those that stay below their limit pass always. */
static void one_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { SECONDS = 100, TURNS = 5000, MODEST = 6000 };
    for (int second = 0; second < SECONDS; second++) {
        static int asked[MODEST + 1];
        memset(asked, 0, sizeof asked);
        int64_t max = 1 + (int64_t)(unit_random() % 50), passed = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            unsigned one = unit_random() % 2 == 0 ? 0 : 1 + (unsigned)(unit_random() % MODEST);
            if (one == 0)
                passed += passes(0, max);
            else if (asked[one]++ < max)
                assert_true(passes(one, max));
        }
        assert_int_equal(passed, max);
        clock_manual_advance(&manual, SECOND_US);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_takes_no_more_than_a_share, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
