/* SPDX-License-Identifier: Apache-2.0
 *
 * All seven roles in one thread, under a clock that only the test moves and a seeded random
 * source: real embedded bus, store and cache, no HTTP, no other thread. One person's way from a
 * feeling to an active credit line, and the same way twice gives the same bytes.
 */
#include <sodium.h>

#include "process/metrics.h"
#include "world.h"

static void test_a_life_in_one_thread(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    world_live(&world, 24);
    world_close(&world);
}

static void test_the_same_seed_lives_the_same_life(void **state)
{
    (void)state;
    struct world one, other;
    world_open(&one);
    world_live(&one, 24);
    world_open(&other);
    world_live(&other, 24);
    assert_true(one.trace.size > 1000);
    assert_int_equal(one.trace.size, other.trace.size);
    assert_memory_equal(one.trace.data, other.trace.data, one.trace.size);
    world_close(&one);
    world_close(&other);
}

static void test_an_offer_expires_by_the_clock(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    static const char account[] = "{\"email\":\"bob@example.com\",\"password\":\"correct horse\"}";
    struct uuid user;
    char user_id[UUID_TEXT_SIZE], offer_id[UUID_TEXT_SIZE], body[128];
    json_t *answer = world_call(&world, "/v1/auth/register", NULL, "", account, 200);
    snprintf(user_id, sizeof user_id, "%s", json_text_of(answer, "id"));
    assert_int_equal(uuid_parse(user_id, strlen(user_id), &user), STATUS_OK);
    json_decref(answer);
    world_feel_and_spend(&world, &user, user_id, 24);
    answer = world_call(&world, "/v1/users/{user_id}/credit-analysis", &user, user_id, "", 200);
    snprintf(offer_id, sizeof offer_id, "%s",
             json_text_of(json_object_get(answer, "offer"), "offer_id"));
    json_decref(answer);
    for (int day = 0; day < 7; day++) { /* a week at once is not believed */
        clock_manual_advance(&world.clock, DAY_US);
        world_settle(&world);
    }
    snprintf(body, sizeof body, "{\"userId\":\"%s\"}", user_id);
    json_decref(
        world_call(&world, "/v1/credit-offers/{offer_id}/accept", &user, offer_id, body, 404));
    answer = world_call(&world, "/v1/users/{user_id}/offers", &user, user_id, "", 200);
    assert_string_equal(json_text_of(json_array_get(json_object_get(answer, "items"), 0), "status"),
                        "expired");
    json_decref(answer);
    world_close(&world);
}

/* step_failing names what fails. */
static void test_every_duty_has_a_label(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        for (size_t k = 0; k < world_roles[i]->tick_count; k++)
            if (metric_label_of(world_roles[i]->ticks[k].name) == LABEL_NONE)
                fail_msg("%s: %s", world_roles[i]->name, world_roles[i]->ticks[k].name);
}

int main(void)
{
    if (sodium_init() < 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_life_in_one_thread),
        cmocka_unit_test(test_the_same_seed_lives_the_same_life),
        cmocka_unit_test(test_an_offer_expires_by_the_clock),
        cmocka_unit_test(test_every_duty_has_a_label),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
