/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/email.h"

#include "../unit.h"

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
        assert_int_equal(email_normalise(email, email), STATUS_OK);
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
        assert_int_equal(email_normalise(texts[i], email), STATUS_INVALID);
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
    assert_int_equal(email_normalise(text, email), STATUS_OK);
    address_of(64, EMAIL_MAX + 1, text);
    assert_int_equal(email_normalise(text, email), STATUS_INVALID);
    address_of(65, 200, text);
    assert_int_equal(email_normalise(text, email), STATUS_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_lower_cased),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(lengths_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
