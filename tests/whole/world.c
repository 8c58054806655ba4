/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include "adapters/cache_memory.h"
#include "base/time_text.h"
#include "bus/sqlite.h"
#include "scorers/simple.h"
#include "store/offers.h"
#include "store/store.h"
#include "wire/policy_json.h"

enum { START_S = 1767225600 /* 2026-01-01 */, STEPS_MAX = 1000 };

const struct role *const world_roles[ROLE_COUNT] = {
    &role_emotion_ingestion,      &role_transaction_ingestion, &role_emotion_processing,
    &role_transaction_processing, &role_credit_analysis,       &role_user_credit,
    &role_credit_application,
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

void world_open(struct world *world)
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
        if (world_roles[i]->consumer != NULL) {
            scratch += world_roles[i]->consumer->scratch_size;
            assert_int_equal(bus_consumer_open(world->bus, world_roles[i]->consumer->stream,
                                               &world->consumers[i]),
                             STATUS_OK);
        }
        for (size_t k = 0; k < world_roles[i]->tick_count; k++)
            scratch += world_roles[i]->ticks[k].scratch_size;
        context->scratch = calloc(1, scratch);
    }
}

void world_close(struct world *world)
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

static void inside(const struct world *world, bool begins)
{
    if (world->inside != NULL)
        world->inside(begins);
}

/* True if the step failed and is to be tried again. */
static bool is_again(const struct world *world, enum status status)
{
    inside(world, false);
    if (status != STATUS_OK && (world->again == NULL || !world->again()))
        fail_msg("a step failed: %s", status_name(status));
    return status != STATUS_OK;
}

/* One round of a role; adds how many messages it ended. True if something failed, and another
 * round is due. */
static bool role_round(struct world *world, size_t i, size_t *moved)
{
    const struct role *role = world_roles[i];
    struct role_context *context = &world->contexts[i];
    bool again = false;
    for (size_t k = 0; k < role->tick_count; k++) {
        inside(world, true);
        again |= is_again(world, role->ticks[k].step(context));
    }
    if (role->consumer != NULL) {
        size_t ended = 0;
        inside(world, true);
        again |= is_again(world, role->consumer->step(context, world->consumers[i], 0, &ended));
        *moved += ended;
    }
    return again;
}

void world_settle(struct world *world)
{
    /* Where things fail, messages wait to be delivered again: rest is what outlasts that. */
    int rests = 0, rests_needed = world->again == NULL ? 1 : 3;
    for (int step = 0; step < STEPS_MAX; step++) {
        size_t moved = 0;
        inside(world, true);
        bool again = is_again(world, bus_flush(world->bus, 0));
        for (size_t i = 0; i < ROLE_COUNT; i++)
            again |= role_round(world, i, &moved);
        if (moved > 0 || again || step < 2)
            continue;
        if (++rests == rests_needed)
            return;
        clock_manual_advance(&world->clock, BUS_RETRY_DELAY_US);
    }
    fail_msg("the system does not come to rest");
}

static const struct endpoint *endpoint_of(const char *path, size_t *role)
{
    for (*role = 0; *role < ROLE_COUNT; ++*role)
        for (size_t k = 0; k < world_roles[*role]->endpoint_count; k++)
            if (strcmp(world_roles[*role]->endpoints[k].path, path) == 0)
                return &world_roles[*role]->endpoints[k];
    fail_msg("no endpoint %s", path);
    return NULL;
}

/* The whole of one exchange; the caller frees the answer's body. */
static struct response exchange_run(struct world *world, const char *path, const struct uuid *user,
                                    const char *parameter, const char *body)
{
    size_t role;
    const struct endpoint *endpoint = endpoint_of(path, &role);
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
    exchange.response.http_status = endpoint_success(endpoint);
    buf_init(&exchange.response.body, 1 << 20);
    int before = done_count;
    inside(world, true);
    if (endpoint->handle_batch != NULL)
        endpoint->handle_batch(&world->contexts[role], &(struct exchange *){&exchange}, 1);
    else
        endpoint->handle(&world->contexts[role], &exchange);
    while (is_again(world, bus_flush(world->bus, 0)))
        inside(world, true);
    if (endpoint->kind == ENDPOINT_ASYNC || endpoint->handle_batch != NULL)
        assert_int_equal(done_count, before + 1);
    free(exchange.scratch);
    return exchange.response;
}

json_t *world_call(struct world *world, const char *path, const struct uuid *user,
                   const char *parameter, const char *body, int wanted)
{
    struct response response = exchange_run(world, path, user, parameter, body);
    /* A body that was cut is not sent (http/call.c). */
    bool failed = response.http_status >= 500 || response.body.overflowed;
    if (failed && world->again != NULL && world->again()) {
        buf_free(&response.body);
        return world_call(world, path, user, parameter, body, wanted);
    }
    struct slice answer = buf_slice(&response.body);
    buf_append(&world->trace, answer.data, answer.size);
    if (response.http_status != wanted)
        fail_msg("%s: %d instead of %d: %.*s", path, response.http_status, wanted, (int)answer.size,
                 answer.data);
    json_t *json = json_loadb(answer.data, answer.size, 0, NULL);
    assert_non_null(json);
    buf_free(&response.body);
    return json;
}

const char *json_text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return text;
}

void world_feel_and_spend(struct world *world, const struct uuid *user, const char *user_id,
                          int hours)
{
    char body[512], now[TIME_TEXT_SIZE];
    for (int i = 0; i < hours; i++) {
        clock_manual_advance(&world->clock, HOUR_US);
        time_format(world->clock.us, now);
        snprintf(body, sizeof body,
                 "{\"userId\":\"%s\",\"timestamp\":\"%s\",\"eventId\":\"e-%d\",\"emotionEvent\":{"
                 "\"type\":\"joy\",\"metrics\":{\"positivity\":0.8,\"intensity\":0.5,"
                 "\"stress_level\":%s}}}",
                 user_id, now, i, i % 8 == 0 ? "0.75" : "0.1");
        json_decref(world_call(world, "/v1/emotions/stream", NULL, "", body, 202));
        snprintf(body, sizeof body,
                 "{\"userId\":\"%s\",\"amount\":%d.25,\"transactionId\":\"t-%d\"}", user_id, 10 + i,
                 i);
        json_decref(world_call(world, "/v1/transactions", user, "", body, 202));
    }
    world_settle(world);
}

void world_live(struct world *world, int hours)
{
    static const char account[] = "{\"email\":\"ada@example.com\",\"password\":\"correct horse\"}";
    struct uuid user, offer_uuid;
    char user_id[UUID_TEXT_SIZE], offer_id[UUID_TEXT_SIZE], body[128];
    json_t *answer = world_call(world, "/v1/auth/register", NULL, "", account, 200);
    snprintf(user_id, sizeof user_id, "%s", json_text_of(answer, "id"));
    assert_int_equal(uuid_parse(user_id, strlen(user_id), &user), STATUS_OK);
    json_decref(answer);
    world_feel_and_spend(world, &user, user_id, hours);

    answer = world_call(world, "/v1/users/{user_id}/credit-analysis", &user, user_id, "", 200);
    assert_true(json_is_true(json_object_get(answer, "approved")));
    snprintf(offer_id, sizeof offer_id, "%s",
             json_text_of(json_object_get(answer, "offer"), "offer_id"));
    assert_int_equal(uuid_parse(offer_id, strlen(offer_id), &offer_uuid), STATUS_OK);
    json_decref(answer);

    snprintf(body, sizeof body, "{\"userId\":\"%s\"}", user_id);
    int64_t accepted_us = world->clock.us;
    json_decref(
        world_call(world, "/v1/credit-offers/{offer_id}/accept", &user, offer_id, body, 202));
    world_settle(world);
    struct offer line;
    assert_int_equal(store_line_read(world->store, &user, &line), STATUS_OK);
    assert_true(uuid_equal(&line.id, &offer_uuid));
    assert_in_range(line.activated_at_us, accepted_us, world->clock.us);
    answer = world_call(world, "/v1/users/{user_id}/notifications", &user, user_id, "", 200);
    assert_int_equal(json_array_size(json_object_get(answer, "items")), 1);
    json_decref(answer);
}
