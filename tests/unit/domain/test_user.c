/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/user.h"

#include "../unit.h"
#include "limits.h"

static void addresses_are_lower_cased(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"ada@example.com", "ada@example.com"},
        {"Ada.Lovelace+Tag@Example.CO.uk", "ada.lovelace+tag@example.co.uk"},
        {"x@a-b.c0m", "x@a-b.c0m"},
        {"!#$%&'*+-/=?^_`{|}~@x.de", "!#$%&'*+-/=?^_`{|}~@x.de"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char email[EMAIL_MAX + 1];
        strcpy(email, pairs[i][0]);
        assert_int_equal(user_email_normalise(email, email), STATUS_OK);
        assert_string_equal(email, pairs[i][1]);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "a",
        "@",
        "a@",
        "@b.c",
        "a@b",
        "a b@c.de",
        "a@b@c.de",
        ".a@c.de",
        "a.@c.de",
        "a..b@c.de",
        "a@c..de",
        "a@.c.de",
        "a@c.de.",
        "a@-c.de",
        "a@c-.de",
        "a@c_d.de",
        "a@1.2.3.4",
        "a@[1.2.3.4]",
        "\"a\"@c.de",
        "a@c.de\n",
        "\xc3\xa4@c.de",
        "a(b)@c.de",
        "a,b@c.de",
    };
    char email[EMAIL_MAX + 1];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(user_email_normalise(texts[i], email), STATUS_INVALID);
}

/* `name` letters, then "@", then labels of 60 letters as far as `size` goes. */
static void address_of(size_t name, size_t size, char *text)
{
    memset(text, 'a', size);
    text[name] = '@';
    for (size_t i = name + 61; i + 1 < size; i += 61)
        text[i] = '.';
    text[size] = '\0';
}

static void lengths_have_limits(void **state)
{
    (void)state;
    char text[2 * EMAIL_MAX], email[EMAIL_MAX + 1];
    address_of(64, EMAIL_MAX, text);
    assert_int_equal(user_email_normalise(text, email), STATUS_OK);
    address_of(64, EMAIL_MAX + 1, text);
    assert_int_equal(user_email_normalise(text, email), STATUS_INVALID);
    address_of(65, 200, text);
    assert_int_equal(user_email_normalise(text, email), STATUS_INVALID);
}

static int64_t wait_us(int64_t failures, int64_t age_us)
{
    struct attempts attempts = {.failures = failures, .age_us = age_us};
    return attempts_wait_us(&attempts, 10);
}

static void the_first_failures_cost_no_time(void **state)
{
    (void)state;
    for (int64_t failures = 0; failures < 10; failures++)
        assert_int_equal(wait_us(failures, 0), 0);
}

static void then_each_doubles_the_wait_up_to_its_end(void **state)
{
    (void)state;
    assert_int_equal(wait_us(10, 0), 30 * SECOND_US);
    assert_int_equal(wait_us(11, 0), 60 * SECOND_US);
    assert_int_equal(wait_us(12, 0), 120 * SECOND_US);
    assert_int_equal(wait_us(15, 0), 15 * MINUTE_US);
    assert_int_equal(wait_us(INT64_MAX, 0), 15 * MINUTE_US);
}

static void it_counts_from_the_last_failure(void **state)
{
    (void)state;
    assert_int_equal(wait_us(10, 29 * SECOND_US), SECOND_US);
    assert_int_equal(wait_us(10, 30 * SECOND_US), 0);
    assert_int_equal(wait_us(INT64_MAX, 15 * MINUTE_US), 0);
}

/* A clock that was set back by an hour must not lock anybody out for that hour. */
static void a_clock_set_back_locks_nobody_out(void **state)
{
    (void)state;
    assert_int_equal(wait_us(INT64_MAX, -1), 0);
}

/* Guessers who wait as they like, each for a day: at once when they may, until they are forgotten,
 * or for any time between. */
static void no_guesser_has_more_than_250_tries_a_day(void **state)
{
    (void)state;
    enum { GUESSERS = 5000, FREE = 10 };
    for (int guesser = 0; guesser < GUESSERS; guesser++) {
        struct attempts attempts = {0};
        int64_t now_us = 0, tries = 0;
        uint64_t patience = unit_random() % 4;
        while (now_us < DAY_US) {
            int64_t must_us = attempts_wait_us(&attempts, FREE);
            int64_t more_us = patience == 0 || unit_random() % (1 + patience) != 0
                                  ? 0
                                  : (int64_t)(unit_random() % (2 * FAILED_LOGIN_LIFE_US));
            if (unit_random() % 8 < patience && attempts.failures >= FREE)
                more_us = FAILED_LOGIN_LIFE_US;
            now_us += must_us + more_us;
            /* As the store has it. */
            attempts.failures =
                must_us + more_us >= FAILED_LOGIN_LIFE_US ? 1 : attempts.failures + 1;
            tries++;
        }
        assert_in_range(tries, 1, 25 * FREE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_lower_cased),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(lengths_have_limits),
        cmocka_unit_test(the_first_failures_cost_no_time),
        cmocka_unit_test(then_each_doubles_the_wait_up_to_its_end),
        cmocka_unit_test(it_counts_from_the_last_failure),
        cmocka_unit_test(no_guesser_has_more_than_250_tries_a_day),
        cmocka_unit_test(a_clock_set_back_locks_nobody_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
