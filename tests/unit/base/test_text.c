/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include "../unit.h"

/* Encodes without any check; returns the length. */
static size_t encode(uint32_t character, unsigned char out[4])
{
    if (character < 0x80) {
        out[0] = (unsigned char)character;
        return 1;
    }
    size_t length = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length - 1; i > 0; i--, character >>= 6)
        out[i] = (unsigned char)(0x80 | (character & 0x3F));
    out[0] = (unsigned char)(leads[length] | character);
    return length;
}

static void every_character_but_surrogates_is_valid(void **state)
{
    (void)state;
    for (uint32_t character = 0; character < 0x1FFFFF; character++) {
        unsigned char bytes[4];
        size_t length = encode(character, bytes);
        bool wanted = character <= 0x10FFFF && !(character >= 0xD800 && character <= 0xDFFF);
        assert_int_equal(text_utf8_length((const char *)bytes, length), wanted ? length : 0);
        if (length > 1) /* cut short */
            assert_int_equal(text_utf8_length((const char *)bytes, length - 1), 0);
    }
}

static void faults_are_found(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\x80",     /* a continuation alone */
        "\xC0\x80", /* overlong forms */
        "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xF0\x80\x80\x80", "\xF0\x8F\xBF\xBF",
        "\xC3(",    "\xE2(\xA1",    "\xE2\x82(",    "\xF8\x88\x80\x80", "\xFF",
        "a\xC3",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(text_is_utf8(texts[i], strlen(texts[i])));
}

static void texts_are_valid(void **state)
{
    (void)state;
    static const char text[] = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\0z";
    assert_true(text_is_utf8(text, sizeof text - 1));
    assert_true(text_is_utf8("", 0));
    assert_int_equal(text_utf8_length("", 0), 0);
}

static void slips_of_a_finger_are_close(void **state)
{
    (void)state;
    assert_true(text_is_like("serve", "serve"));
    assert_true(text_is_like("sevre", "serve"));
    assert_true(text_is_like("srve", "serve"));
    assert_true(text_is_like("servee", "serve"));
    assert_true(text_is_like("derve", "serve"));
    assert_true(text_is_like("back-test", "backtest"));
    assert_true(text_is_like("DATABSE_URL", "DATABASE_URL"));
    assert_true(text_is_like("d", "do"));
}

static void other_words_are_not(void **state)
{
    (void)state;
    assert_false(text_is_like("train", "serve"));
    assert_false(text_is_like("", "serve"));
    assert_false(text_is_like("dead", "health"));
    assert_false(text_is_like("DATA_DIR", "DATABASE_URL"));
}

static void long_words_are_like_no_other(void **state)
{
    (void)state;
    static const char longest[] =
        "0123456789012345678901234567890123456789012345678901234567890123";
    assert_int_equal(strlen(longest), 64);
    assert_false(text_is_like(longest, longest));
    assert_true(text_is_like(longest + 1, longest + 1));
    assert_false(text_is_like("serve", longest));
}

static void decodes(const char *text, const char *expected)
{
    char out[8];
    size_t size;
    bool good = text_percent_decode(slice_of(text), out, sizeof out, &size);
    assert_int_equal(good, expected != NULL);
    if (good) {
        assert_int_equal(size, strlen(expected));
        assert_memory_equal(out, expected, size);
    }
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    decodes("", "");
    decodes("abc", "abc");
    decodes("a%20b", "a b");
    decodes("%2f%2F", "//");
    decodes("%C3%A9", "\xC3\xA9");
    decodes("12345678", "12345678");
    decodes("123456789", NULL);
    decodes("%", NULL);
    decodes("%4", NULL);
    decodes("%4g", NULL);
    decodes("%-1", NULL);
    decodes("a%", NULL);
    decodes("%00", NULL);
    decodes("%%41", NULL);
}

static bool reads(const char *text, uint64_t max, uint64_t expected)
{
    uint64_t number;
    return text_number(slice_of(text), max, &number) && number == expected;
}

static void numbers_are_digits_alone_up_to_the_most(void **state)
{
    (void)state;
    assert_true(reads("0", 0, 0));
    assert_true(reads("007", 7, 7));
    assert_true(reads("18446744073709551615", UINT64_MAX, UINT64_MAX));
    assert_false(reads("18446744073709551616", UINT64_MAX, 0));
    assert_false(reads("8", 7, 8));
    assert_false(reads("128", 127, 128));
    assert_false(reads("", 7, 0));
    assert_false(reads("-1", 7, 1));
    assert_false(reads("+1", 7, 1));
    assert_false(reads(" 1", 7, 1));
    assert_false(reads("1x", 7, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_but_surrogates_is_valid),
        cmocka_unit_test(faults_are_found),
        cmocka_unit_test(texts_are_valid),
        cmocka_unit_test(slips_of_a_finger_are_close),
        cmocka_unit_test(other_words_are_not),
        cmocka_unit_test(long_words_are_like_no_other),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(numbers_are_digits_alone_up_to_the_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
