/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/revocations.h"

#include <pthread.h>

#include "../unit.h"

enum { MANY = 100000 };

static struct uuid person(uint64_t number)
{
    struct uuid uuid = {{0}};
    memcpy(uuid.bytes, &number, sizeof number);
    return uuid;
}

static bool revoked(const struct revocations *revocations, uint64_t number, int64_t generation)
{
    struct principal principal = {.user_id = person(number), .token_generation = generation};
    return revocations_contain(revocations, &principal);
}

static void add(struct revocations *revocations, uint64_t number, int64_t generation)
{
    struct uuid id = person(number);
    assert_int_equal(revocations_add(revocations, &id, generation), STATUS_OK);
}

static void revokes_all_generations_before(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    assert_false(revoked(revocations, 1, 0));
    add(revocations, 1, 2);
    assert_true(revoked(revocations, 1, 0));
    assert_true(revoked(revocations, 1, 1));
    assert_false(revoked(revocations, 1, 2));
    assert_false(revoked(revocations, 2, 0));
    /* What is heard late changes nothing. */
    add(revocations, 1, 1);
    assert_true(revoked(revocations, 1, 1));
    revocations_destroy(revocations);
    revocations_destroy(NULL);
}

/* Nobody's logout makes another's forgotten, however often and however many. */
static void forgets_nobody(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    add(revocations, MANY, 1);
    for (uint64_t i = 0; i < MANY; i++)
        add(revocations, i, 1);
    for (int64_t generation = 1; generation < MANY; generation++)
        add(revocations, 7, generation);
    for (uint64_t i = 0; i <= MANY; i++)
        assert_true(revoked(revocations, i, 0));
    assert_false(revoked(revocations, MANY + 1, 0));
    revocations_destroy(revocations);
}

static void *look(void *argument)
{
    struct revocations *revocations = argument;
    for (int i = 0; i < 20000; i++)
        if (!revoked(revocations, 7, 0))
            return "lost";
    return NULL;
}

static void many_look_while_one_adds(void **state)
{
    (void)state;
    struct revocations *revocations = revocations_create();
    add(revocations, 7, 1);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, look, revocations);
    for (uint64_t i = 100; i < 20100; i++)
        add(revocations, i, 1);
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
        cmocka_unit_test(revokes_all_generations_before),
        cmocka_unit_test(forgets_nobody),
        cmocka_unit_test(many_look_while_one_adds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
