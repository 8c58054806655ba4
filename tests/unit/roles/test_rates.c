/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/rates.h"

#include <stdio.h>

#include "../../doubles.h"
#include "../unit.h"
#include "adapters/cache_memory.h"

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

/* Dead letters. */
static struct letter_rates rates;

static int letters_setup(void **state)
{
    (void)state;
    memset(&rates, 0, sizeof rates);
    return 0;
}

/* Of a person, from a nameless producer, with letters that are too small to count there. */
static bool takes(const struct uuid *source, int64_t now_us)
{
    return letter_rates_take(&rates, source, (struct slice){0}, 0, now_us) == LETTER_KEPT;
}

/* Letters that `source` may leave when it tries `count` times, evenly over `during_us`. */
static int letters(const struct uuid *source, int count, int64_t from_us, int64_t during_us)
{
    int taken = 0;
    for (int i = 0; i < count; i++)
        taken += takes(source, from_us + during_us * i / count);
    return taken;
}

static void a_flood_leaves_few_and_others_all_of_theirs(void **state)
{
    (void)state;
    struct uuid flooding = {{[15] = 1}}, other = {{[15] = 2}};
    int64_t hour_us = HOUR_US;
    assert_in_range(letters(&flooding, 3600000, 1000, hour_us), LETTERS_AT_ONCE,
                    LETTERS_AT_ONCE + 3600 * LETTERS_PER_SECOND + 1);
    assert_int_equal(letters(&other, LETTERS_AT_ONCE, hour_us, 0), LETTERS_AT_ONCE);
    assert_int_equal(letters(NULL, LETTERS_AT_ONCE, hour_us, 0), LETTERS_AT_ONCE);
    assert_int_equal(letters(NULL, 1, hour_us, 0), 0);
}

static void a_source_that_keeps_quiet_has_all_again(void **state)
{
    (void)state;
    assert_int_equal(letters(NULL, 2 * LETTERS_AT_ONCE, 5, 0), LETTERS_AT_ONCE);
    int64_t later_us = 5 + LETTERS_AT_ONCE * SECOND_US / LETTERS_PER_SECOND;
    assert_int_equal(letters(NULL, 2 * LETTERS_AT_ONCE, later_us, 0), LETTERS_AT_ONCE);
}

static void names_without_end_leave_a_bounded_number(void **state)
{
    (void)state;
    int taken = 0;
    for (int i = 0; i < 1000000; i++) {
        struct uuid source = {{[12] = (uint8_t)(i >> 16), [14] = (uint8_t)(i >> 8), (uint8_t)i}};
        taken += takes(&source, 1);
    }
    assert_in_range(taken, 1, LETTER_RATES_MAX * LETTERS_AT_ONCE);
}

/* In random turns over hours: one source leaves no more than its share, and all those of others
 * that come no faster than they may are kept. */
static void one_source_leaves_no_more_than_a_share(void **state)
{
    (void)state;
    enum { TURNS = 300000, MODEST = LETTER_RATES_MAX - 2 };
    int64_t now_us = 1, taken = 0, asked_us[MODEST] = {0};
    struct uuid greedy = {{[15] = 0}};
    for (int turn = 0; turn < TURNS; turn++) {
        now_us += (int64_t)(unit_random() % 50000);
        size_t one = unit_random() % MODEST;
        struct uuid modest = {{[15] = (uint8_t)(1 + one)}};
        taken += takes(&greedy, now_us);
        if (now_us - asked_us[one] < SECOND_US / LETTERS_PER_SECOND)
            continue;
        assert_true(takes(&modest, now_us));
        asked_us[one] = now_us;
    }
    assert_in_range(taken, LETTERS_AT_ONCE,
                    LETTERS_AT_ONCE + 1 + now_us / SECOND_US * LETTERS_PER_SECOND);
}

static struct uuid new_person(void)
{
    struct uuid person;
    for (size_t i = 0; i < sizeof person.bytes; i++)
        person.bytes[i] = (uint8_t)unit_random();
    return person;
}

/* Over the life of letters, in random sizes and of ever-new persons: one producer has no more than
 * an eighth of the embedded log, named or not, and the bad events of another are kept. */
static void a_producer_takes_no_more_than_a_share(void **state)
{
    (void)state;
    enum { TURNS = 300000 };
    const struct slice flooding[] = {slice_of("a-flood"), {0}};
    for (size_t one = 0; one < 2; one++) {
        memset(&rates, 0, sizeof rates);
        int64_t now_us = 1, bytes = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            now_us += BUS_DEAD_LETTER_AGE_US / TURNS;
            size_t size = LETTER_OVERHEAD + unit_random() % BUS_PAYLOAD_MAX;
            struct uuid person = new_person(), other = {{[15] = (uint8_t)turn}};
            if (letter_rates_take(&rates, &person, flooding[one], size, now_us) == LETTER_KEPT)
                bytes += (int64_t)size;
            if (turn % 100 == 0)
                assert_int_equal(
                    letter_rates_take(&rates, &other, slice_of("bank"), LETTER_OVERHEAD, now_us),
                    LETTER_KEPT);
        }
        assert_in_range(bytes, PRODUCER_LETTER_BYTES,
                        BUS_DEAD_LETTER_BYTES_MAX / 8 + BUS_PAYLOAD_MAX);
    }
}

/* What names no person is limited for each producer that has a name. */
static void letters_without_person_are_their_producers(void **state)
{
    (void)state;
    struct slice one = slice_of("a-flood"), other = slice_of("bank");
    enum letter_verdict verdict = LETTER_KEPT;
    for (int64_t bytes = 0; bytes <= PRODUCER_LETTER_BYTES; bytes += BUS_PAYLOAD_MAX)
        verdict = letter_rates_take(&rates, NULL, one, BUS_PAYLOAD_MAX, 1);
    assert_int_equal(verdict, LETTER_PRODUCER_FLOODS);
    assert_int_equal(letter_rates_take(&rates, NULL, other, BUS_PAYLOAD_MAX, 1), LETTER_KEPT);
    assert_true(takes(NULL, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_takes_no_more_than_a_share, setup, teardown),
        cmocka_unit_test_setup(a_flood_leaves_few_and_others_all_of_theirs, letters_setup),
        cmocka_unit_test_setup(a_source_that_keeps_quiet_has_all_again, letters_setup),
        cmocka_unit_test_setup(names_without_end_leave_a_bounded_number, letters_setup),
        cmocka_unit_test_setup(one_source_leaves_no_more_than_a_share, letters_setup),
        cmocka_unit_test_setup(a_producer_takes_no_more_than_a_share, letters_setup),
        cmocka_unit_test_setup(letters_without_person_are_their_producers, letters_setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
