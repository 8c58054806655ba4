/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/seal.h"

#include "../unit.h"

static const struct token_keys keys = {1, {"a-secret-of-more-than-thirty-two-bytes"}};
static const struct token_keys other = {1, {"another-secret-of-more-than-32-bytes!"}};
static const struct token_keys both = {
    2, {"another-secret-of-more-than-32-bytes!", "a-secret-of-more-than-thirty-two-bytes"}};

static bool holds(const struct token_keys *with, enum seal_purpose purpose, const char *one,
                  const char *two, const struct hash *tag)
{
    return seal_holds(with, purpose, (const struct slice[]){slice_of(one), slice_of(two)}, 2, tag);
}

static void holds_for_what_was_sealed(void **state)
{
    (void)state;
    struct hash tag =
        seal_make(&keys, SEAL_FEATURES, (const struct slice[]){slice_of("ab"), slice_of("c")}, 2);
    assert_true(holds(&keys, SEAL_FEATURES, "ab", "c", &tag));
    assert_true(holds(&both, SEAL_FEATURES, "ab", "c", &tag));
    assert_false(holds(&other, SEAL_FEATURES, "ab", "c", &tag));
    assert_false(holds(&keys, SEAL_PLACE, "ab", "c", &tag));
    assert_false(holds(&keys, SEAL_FEATURES, "a", "bc", &tag));
    for (size_t i = 0; i < 8 * sizeof tag.bytes; i++) {
        struct hash altered = tag;
        altered.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
        assert_false(holds(&keys, SEAL_FEATURES, "ab", "c", &altered));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(holds_for_what_was_sealed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
