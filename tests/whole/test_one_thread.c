/* SPDX-License-Identifier: Apache-2.0
 *
 * All seven roles in one thread, under a clock that only the test moves and a seeded random
 * source: real embedded bus, store and cache, no HTTP, no other thread. One person's way from a
 * feeling to an active credit line, and the same way twice gives the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "adapters/cache_memory.h"
#include "adapters/clock_manual.h"
#include "adapters/entropy_seeded.h"
#include "base/json_put.h"
#include "base/metrics.h"
#include "base/time_text.h"
#include "bus/sqlite.h"
#include "roles/role.h"
#include "scorers/breaker.h"
#include "scorers/scorecard.h"
#include "store/migrations.h"
#include "store/offers.h"
#include "store/sql_sqlite.h"
#include "store/store.h"
#include "wire/policy_json.h"
#include "wire/policy_text.h"

enum { START_S = 1767225600 /* 2026-01-01 */, STEPS_MAX = 1000 };

static const struct role *const roles[] = {
    &role_emotion_ingestion,      &role_transaction_ingestion, &role_emotion_processing,
    &role_transaction_processing, &role_credit_analysis,       &role_user_credit,
    &role_credit_application,
};
enum { ROLE_COUNT = sizeof roles / sizeof roles[0] };

/* The whole system. */
struct world {
    char folder[64];
    struct clock_manual clock;
    struct entropy_seeded entropy;
    struct sqlite_database *database;
    struct breaker_gate *gate;
    struct policy_source policies;
    struct token_keys tokens;
    struct role_settings settings;
    struct role_context contexts[ROLE_COUNT];
    struct bus_consumer *consumers[ROLE_COUNT];
    struct bus *bus;
    struct cache *cache;
    struct store *store;
    struct scorer *scorer;
    struct scorer *model;
    struct revocations *revocations;
    struct buf trace; /* every answer, in order */
};

/* The test runs the endpoints, so it is the one that is told when they are done. */
static int done_count;

void exchange_done(struct exchange *exchange)
{
    (void)exchange;
    done_count++;
}

/* Everything may block here. */
void exchange_defer(struct exchange *exchange)
{
    (void)exchange;
    fail();
}

static void load_policy(struct policy *policy)
{
    struct buf report;
    buf_init(&report, POLICY_REPORT_MAX);
    assert_int_equal(policy_parse(policy_built_in("seed"), "seed", policy, &report), STATUS_OK);
    buf_free(&report);
}

static void world_open_engines(struct world *world)
{
    char path[96], reason[REASON_MAX + 1];
    struct clock *clock = &world->clock.base;
    snprintf(path, sizeof path, "%s/bus.db", world->folder);
    assert_int_equal(bus_sqlite_open(path, clock, &world->bus, reason), STATUS_OK);
    snprintf(path, sizeof path, "%s/ecs.db", world->folder);
    assert_int_equal(sqlite_database_open(path, &world->database, reason), STATUS_OK);
    assert_int_equal(store_sqlite_open(world->database, &world->store), STATUS_OK);
    assert_int_equal(cache_memory_open(1 << 20, clock, &world->cache), STATUS_OK);
    world->gate = breaker_gate_create(clock, &world->entropy.base);
    struct scorer *model;
    assert_int_equal(scorer_scorecard_open(&model), STATUS_OK);
    assert_int_equal(scorer_scorecard_open(&world->model), STATUS_OK);
    assert_int_equal(scorer_breaker_open(world->gate, model, &world->scorer), STATUS_OK);
    world->revocations = revocations_create();
    int applied;
    assert_int_equal(store_migrate(world->store, &applied), STATUS_OK);
}

static void world_open(struct world *world)
{
    *world = (struct world){0};
    snprintf(world->folder, sizeof world->folder, "/tmp/ecs-whole-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    clock_manual_init(&world->clock, START_S * SECOND_US);
    entropy_seeded_init(&world->entropy, 42);
    buf_init(&world->trace, 1 << 20);
    struct policy_choice choice = {.by_model = false};
    load_policy(&choice.policy);
    policy_source_init(&world->policies);
    policy_source_publish(&world->policies, &choice);
    world->tokens = (struct token_keys){1, {"a secret of this test, long enough for the check"}};
    world_open_engines(world);
    world->settings = (struct role_settings){
        .policies = &world->policies,
        .tokens = &world->tokens,
        .access_token_life_us = HOUR_US,
        .refresh_token_life_us = DAY_US,
        .feature_cache_life_us = 5 * MINUTE_US,
        .raw_life_us = 400 * DAY_US,
        .failed_logins_max = 10,
        .logins_per_second_max = 50,
        .registrations_per_second_max = 20,
        .batch_max = 100,
    };
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        struct role_context *context = &world->contexts[i];
        *context = (struct role_context){
            .settings = &world->settings,
            .store = world->store,
            .cache = world->cache,
            .scorer = world->scorer,
            .model = world->model,
            .bus = world->bus,
            .clock = &world->clock.base,
            .entropy = &world->entropy.base,
            .revocations = world->revocations,
        };
        size_t scratch = 1;
        if (roles[i]->consumer != NULL) {
            scratch += roles[i]->consumer->scratch_size;
            assert_int_equal(
                bus_consumer_open(world->bus, roles[i]->consumer->stream, &world->consumers[i]),
                STATUS_OK);
        }
        for (size_t k = 0; k < roles[i]->tick_count; k++)
            scratch += roles[i]->ticks[k].scratch_size;
        context->scratch = calloc(1, scratch);
    }
}

static void world_close(struct world *world)
{
    char command[96];
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        if (world->consumers[i] != NULL)
            bus_consumer_close(world->consumers[i]);
        free(world->contexts[i].scratch);
    }
    scorer_close(world->scorer);
    scorer_close(world->model);
    store_close(world->store);
    sqlite_database_close(world->database);
    cache_close(world->cache);
    bus_close(world->bus);
    breaker_gate_destroy(world->gate);
    revocations_destroy(world->revocations);
    buf_free(&world->trace);
    snprintf(command, sizeof command, "rm -r %s", world->folder);
    assert_int_equal(system(command), 0);
}

/* Lets every role do what it can until nothing is left to do. */
static void world_settle(struct world *world)
{
    for (int step = 0; step < STEPS_MAX; step++) {
        size_t moved = 0;
        assert_int_equal(bus_flush(world->bus, 0), STATUS_OK);
        for (size_t i = 0; i < ROLE_COUNT; i++) {
            size_t ended = 0;
            for (size_t k = 0; k < roles[i]->tick_count; k++)
                assert_int_equal(roles[i]->ticks[k].step(&world->contexts[i]), STATUS_OK);
            if (roles[i]->consumer != NULL)
                assert_int_equal(
                    roles[i]->consumer->step(&world->contexts[i], world->consumers[i], 0, &ended),
                    STATUS_OK);
            moved += ended;
        }
        if (moved == 0 && step > 1)
            return;
    }
    fail_msg("the system does not come to rest");
}

/* Calls an endpoint as `user` with a body; returns the answer's JSON, owned by the caller. */
static json_t *call(struct world *world, const char *path, const struct uuid *user,
                    const char *parameter, const char *body, int wanted)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        for (size_t k = 0; k < roles[i]->endpoint_count; k++) {
            const struct endpoint *endpoint = &roles[i]->endpoints[k];
            if (strcmp(endpoint->path, path) != 0)
                continue;
            struct exchange exchange = {
                .may_block = true,
                .request = {.body = slice_of(body),
                            .path_parameters = {slice_of(parameter)},
                            .received_us = world->clock.us,
                            .remote_address = slice_of("127.0.0.1")},
            };
            snprintf(exchange.request.request_id, sizeof exchange.request.request_id, "r-1");
            if (user != NULL)
                exchange.request.principal.user_id = *user;
            exchange.response.http_status = endpoint->success;
            buf_init(&exchange.response.body, 1 << 20);
            int before = done_count;
            endpoint->handle(&world->contexts[i], &exchange);
            assert_int_equal(bus_flush(world->bus, 0), STATUS_OK);
            if (endpoint->kind == ENDPOINT_ASYNC)
                assert_int_equal(done_count, before + 1);
            struct slice answer = buf_slice(&exchange.response.body);
            buf_append(&world->trace, answer.data, answer.size);
            if (exchange.response.http_status != wanted)
                fail_msg("%s: %d instead of %d: %.*s", path, exchange.response.http_status, wanted,
                         (int)answer.size, answer.data);
            json_t *json = json_loadb(answer.data, answer.size, 0, NULL);
            assert_non_null(json);
            buf_free(&exchange.response.body);
            free(exchange.scratch);
            return json;
        }
    }
    fail_msg("no endpoint %s", path);
    return NULL;
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

static void feel_and_spend(struct world *world, const struct uuid *user, const char *user_id)
{
    char body[512], now[TIME_TEXT_SIZE];
    for (int i = 0; i < 24; i++) {
        clock_manual_advance(&world->clock, HOUR_US);
        time_format(world->clock.us, now);
        snprintf(body, sizeof body,
                 "{\"userId\":\"%s\",\"timestamp\":\"%s\",\"eventId\":\"e-%d\",\"emotionEvent\":{"
                 "\"type\":\"joy\",\"metrics\":{\"positivity\":0.8,\"intensity\":0.5,"
                 "\"stress_level\":%s}}}",
                 user_id, now, i, i % 8 == 0 ? "0.75" : "0.1");
        json_decref(call(world, "/v1/emotions/stream", NULL, "", body, 202));
        snprintf(body, sizeof body, "{\"userId\":\"%s\",\"amount\":%d.25}", user_id, 10 + i);
        json_decref(call(world, "/v1/transactions", user, "", body, 202));
    }
    world_settle(world);
}

/* One person's whole way. */
static void live(struct world *world)
{
    static const char account[] = "{\"email\":\"ada@example.com\",\"password\":\"correct horse\"}";
    struct uuid user, offer_uuid;
    char user_id[UUID_TEXT_SIZE], offer_id[UUID_TEXT_SIZE], body[128];
    json_t *answer = call(world, "/v1/auth/register", NULL, "", account, 200);
    snprintf(user_id, sizeof user_id, "%s", text_of(answer, "id"));
    assert_int_equal(uuid_parse(user_id, strlen(user_id), &user), STATUS_OK);
    json_decref(answer);
    feel_and_spend(world, &user, user_id);

    answer = call(world, "/v1/users/{user_id}/credit-analysis", &user, user_id, "", 200);
    assert_true(json_is_true(json_object_get(answer, "approved")));
    snprintf(offer_id, sizeof offer_id, "%s",
             text_of(json_object_get(answer, "offer"), "offer_id"));
    assert_int_equal(uuid_parse(offer_id, strlen(offer_id), &offer_uuid), STATUS_OK);
    json_decref(answer);

    snprintf(body, sizeof body, "{\"userId\":\"%s\"}", user_id);
    json_decref(call(world, "/v1/credit-offers/{offer_id}/accept", &user, offer_id, body, 202));
    world_settle(world);
    struct offer line;
    assert_int_equal(store_line_read(world->store, &user, &line), STATUS_OK);
    assert_true(uuid_equal(&line.id, &offer_uuid));
    assert_int_equal(line.activated_at_us, world->clock.us);
    answer = call(world, "/v1/users/{user_id}/notifications", &user, user_id, "", 200);
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 1);
    json_decref(answer);
}

static void test_a_life_in_one_thread(void **state)
{
    (void)state;
    struct world world;
    world_open(&world);
    live(&world);
    world_close(&world);
}

static void test_the_same_seed_lives_the_same_life(void **state)
{
    (void)state;
    struct world one, other;
    world_open(&one);
    live(&one);
    world_open(&other);
    live(&other);
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
    json_t *answer = call(&world, "/v1/auth/register", NULL, "", account, 200);
    snprintf(user_id, sizeof user_id, "%s", text_of(answer, "id"));
    assert_int_equal(uuid_parse(user_id, strlen(user_id), &user), STATUS_OK);
    json_decref(answer);
    feel_and_spend(&world, &user, user_id);
    answer = call(&world, "/v1/users/{user_id}/credit-analysis", &user, user_id, "", 200);
    snprintf(offer_id, sizeof offer_id, "%s",
             text_of(json_object_get(answer, "offer"), "offer_id"));
    json_decref(answer);
    for (int day = 0; day < 7; day++) { /* a week at once is not believed */
        clock_manual_advance(&world.clock, DAY_US);
        world_settle(&world);
    }
    snprintf(body, sizeof body, "{\"userId\":\"%s\"}", user_id);
    json_decref(call(&world, "/v1/credit-offers/{offer_id}/accept", &user, offer_id, body, 404));
    answer = call(&world, "/v1/users/{user_id}/offers", &user, user_id, "", 200);
    assert_string_equal(text_of(json_array_get(json_object_get(answer, "items"), 0), "status"),
                        "expired");
    json_decref(answer);
    world_close(&world);
}

/* step_failing names what fails. */
static void test_every_duty_has_a_label(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROLE_COUNT; i++)
        for (size_t k = 0; k < roles[i]->tick_count; k++)
            if (metric_label_of(roles[i]->ticks[k].name) == LABEL_NONE)
                fail_msg("%s: %s", roles[i]->name, roles[i]->ticks[k].name);
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
