/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <string.h>

#include "auth/revocations.h"
#include "limits.h"

static struct uuid token(uint64_t number)
{
    struct uuid uuid = {0};
    memcpy(uuid.bytes, &number, sizeof number);
    number *= UINT64_C(0x9E3779B97F4A7C15);
    memcpy(uuid.bytes + 8, &number, sizeof number);
    return uuid;
}

static void test_adds_and_finds(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    struct uuid one = token(1), two = token(2);
    assert_false(revocations_contain(revocations, &one));
    revocations_add(revocations, &one, 100, 50);
    revocations_add(revocations, &one, 100, 50);
    assert_true(revocations_contain(revocations, &one));
    assert_false(revocations_contain(revocations, &two));
    revocations_add(revocations, &two, 50, 50); /* over already: the token's end refuses it */
    assert_false(revocations_contain(revocations, &two));
    revocations_destroy(revocations);
    revocations_destroy(NULL);
}

static void test_colliding_tokens_are_told_apart(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    struct uuid a = token(0), b = token(0);
    a.bytes[0] = 1, b.bytes[0] = 2;
    revocations_add(revocations, &a, 100, 0);
    assert_false(revocations_contain(revocations, &b));
    revocations_add(revocations, &b, 100, 0);
    assert_true(revocations_contain(revocations, &a));
    assert_true(revocations_contain(revocations, &b));
    revocations_destroy(revocations);
}

static void test_full_forgets_what_ended(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    for (uint64_t i = 0; i < REVOCATIONS_MAX; i++) {
        struct uuid id = token(i);
        revocations_add(revocations, &id, i % 2 == 0 ? 100 : 1000, 0);
    }
    struct uuid extra = token(REVOCATIONS_MAX);
    revocations_add(revocations, &extra, 1000, 500);
    assert_true(revocations_contain(revocations, &extra));
    for (uint64_t i = 0; i < REVOCATIONS_MAX; i++) {
        struct uuid id = token(i);
        assert_int_equal(revocations_contain(revocations, &id), i % 2 == 1);
    }
    revocations_destroy(revocations);
}

static void test_full_of_live_ones_drops_the_first_to_end(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    for (uint64_t i = 0; i < REVOCATIONS_MAX; i++) {
        struct uuid id = token(i);
        revocations_add(revocations, &id, (int64_t)(1000 + i), 0);
    }
    struct uuid extra = token(REVOCATIONS_MAX), first = token(0), second = token(1);
    revocations_add(revocations, &extra, 5000, 0);
    assert_true(revocations_contain(revocations, &extra));
    assert_false(revocations_contain(revocations, &first));
    assert_true(revocations_contain(revocations, &second));
    revocations_destroy(revocations);
}

static void *look(void *argument)
{
    struct revocations *revocations = argument;
    struct uuid known = token(7);
    for (int i = 0; i < 20000; i++)
        if (!revocations_contain(revocations, &known))
            return "lost";
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    struct uuid known = token(7);
    revocations_add(revocations, &known, INT64_MAX, 0);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, look, revocations);
    for (uint64_t i = 100; i < 20100; i++) {
        struct uuid id = token(i);
        revocations_add(revocations, &id, (int64_t)i, (int64_t)i - 50);
    }
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        assert_null(result);
    }
    revocations_destroy(revocations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adds_and_finds),
        cmocka_unit_test(test_colliding_tokens_are_told_apart),
        cmocka_unit_test(test_full_forgets_what_ended),
        cmocka_unit_test(test_full_of_live_ones_drops_the_first_to_end),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
