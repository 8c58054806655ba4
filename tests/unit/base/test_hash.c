/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include "../unit.h"

static struct hash of(const char *a, const char *b)
{
    return hash_of((const struct slice[]){slice_of(a), slice_of(b)}, 2);
}

/* A fixed value: keys are stored, so a hash must never change. Python:
 * hashlib.blake2b((1).to_bytes(8,"little")+b"a"+(2).to_bytes(8,"little")+b"bc", digest_size=16) */
static void the_value_is_the_same_for_ever(void **state)
{
    (void)state;
    struct hash hash = of("a", "bc");
    char text[HASH_TEXT_SIZE];
    hash_format(&hash, text);
    assert_string_equal(text, "f14abc19c330e936bb9c8506d69bac9b");
}

static void parts_are_kept_apart(void **state)
{
    (void)state;
    struct hash one = of("ab", "c"), two = of("a", "bc"), three = of("abc", ""),
                four = hash_of((const struct slice[]){slice_of("abc")}, 1), same = of("ab", "c");
    assert_int_equal(hash_compare(&one, &same), 0);
    assert_int_not_equal(hash_compare(&one, &two), 0);
    assert_int_not_equal(hash_compare(&one, &three), 0);
    assert_int_not_equal(hash_compare(&three, &four), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_the_same_for_ever),
        cmocka_unit_test(parts_are_kept_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
