/* SPDX-License-Identifier: Apache-2.0
 *
 * What every scorer must do, on each adapter; what a model service may answer; and the breaker
 * around it, with a clock that the test moves.
 */
#include <arpa/inet.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/unit.h"

#include "../doubles.h"
#include "adapters/clock.h"
#include "adapters/entropy.h"
#include "domain/breaker.h"
#include "domain/decision.h"
#include "scorers/breaker.h"
#include "scorers/http.h"
#include "scorers/simple.h"
#include "scorers/trained.h"
#include "simulation/population.h"
#include "wire/policy_json.h"

static const struct question question = {
    .features.values = {[FEATURE_transaction_count_30d] = 12,
                        [FEATURE_avg_transaction_value_30d] = 4550,
                        [FEATURE_avg_positivity_7d] = 600000,
                        [FEATURE_stress_events_30d] = 3,
                        [FEATURE_emotion_count_7d] = 5},
    .guard = GUARD_FULL,
    .emotions_known = true,
    .approve_to = -1,
};

/* A model service: a thread that answers each connection with the same bytes. */
static struct {
    int listener;
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    char answer[256 * 1024]; /* empty: it says nothing and closes */
    int delay_ms;
    char request[4096]; /* the last one */
} service = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *serve(void *unused)
{
    (void)unused;
    for (int fd; (fd = accept(service.listener, NULL, NULL)) >= 0; close(fd)) {
        char request[sizeof service.request] = "";
        size_t size = 0;
        ssize_t part;
        while (strchr(request, '}') == NULL && size + 1 < sizeof request &&
               (part = recv(fd, request + size, sizeof request - 1 - size, 0)) > 0)
            size += (size_t)part;
        pthread_mutex_lock(&service.lock);
        memcpy(service.request, request, sizeof request);
        usleep((useconds_t)service.delay_ms * 1000);
        for (size_t sent = 0, all = strlen(service.answer); sent < all; sent += (size_t)part)
            if ((part = send(fd, service.answer + sent, all - sent, MSG_NOSIGNAL)) <= 0)
                break;
        pthread_mutex_unlock(&service.lock);
    }
    return NULL;
}

static void service_start(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    service.listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(service.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(service.listener, 16), 0);
    assert_int_equal(getsockname(service.listener, (struct sockaddr *)&address, &size), 0);
    snprintf(service.url, sizeof service.url, "http://127.0.0.1:%d/v1/predict",
             ntohs(address.sin_port));
    assert_int_equal(pthread_create(&service.thread, NULL, serve, NULL), 0);
}

static void service_stop(void)
{
    shutdown(service.listener, SHUT_RDWR);
    pthread_join(service.thread, NULL);
    close(service.listener);
}

static void service_answers(int status, const char *body, int delay_ms)
{
    pthread_mutex_lock(&service.lock);
    snprintf(service.answer, sizeof service.answer,
             "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             status, strlen(body), body);
    service.delay_ms = delay_ms;
    pthread_mutex_unlock(&service.lock);
}

static bool service_was_sent(const char *text)
{
    pthread_mutex_lock(&service.lock);
    bool found = strstr(service.request, text) != NULL;
    pthread_mutex_unlock(&service.lock);
    return found;
}

static int open_fixed(void **state)
{
    return scorer_fixed_open(123456, (struct scorer **)state) == STATUS_OK ? 0 : -1;
}

static int open_random(void **state)
{
    return scorer_random_open(entropy_system(), (struct scorer **)state) == STATUS_OK ? 0 : -1;
}

static int open_scorecard(void **state)
{
    return scorer_scorecard_open((struct scorer **)state) == STATUS_OK ? 0 : -1;
}

/* The model that is built in, put on a shelf of this test's. */
static struct trained_source trained;
static struct shelved_model shelved;
static char shelf[] = "/tmp/ecs-shelf-XXXXXX";

static void shelf_make(void)
{
    char reason[REASON_MAX + 1];
    assert_non_null(mkdtemp(shelf));
    assert_int_equal(shelved_model_put(shelf, "", &shelved, reason), STATUS_OK);
    trained_source_init(&trained);
}

static int open_form(enum trained_form form, void **state)
{
    char reason[REASON_MAX + 1];
    return trained_source_publish(&trained, form, &shelved, reason) == STATUS_OK &&
                   scorer_trained_open(&trained, (struct scorer **)state) == STATUS_OK
               ? 0
               : -1;
}

static int open_trained(void **state)
{
    return open_form(TRAINED_TREES, state);
}

static int open_points(void **state)
{
    return open_form(TRAINED_POINTS, state);
}

static int open_http(void **state)
{
    service_answers(200, "{\"risk_score\":0.123456,\"model\":\"served-2\"}", 0);
    return scorer_http_open(service.url, clock_system(), NULL, (struct scorer **)state) == STATUS_OK
               ? 0
               : -1;
}

static int close_it(void **state)
{
    scorer_close(*state);
    return 0;
}

static void scores_within_range_and_names_itself(void **state)
{
    for (int i = 0; i < 20; i++) {
        struct score score = {0};
        assert_int_equal(scorer_score(*state, &question, &score), STATUS_OK);
        assert_true(score.risk >= 0 && score.risk <= MILLIONTHS);
        assert_true(score.model[0] != '\0');
        assert_string_equal(score.model, scorer_model(*state));
    }
}

static void the_same_features_have_the_same_risk(void **state)
{
    struct score first, second;
    assert_int_equal(scorer_score(*state, &question, &first), STATUS_OK);
    assert_int_equal(scorer_score(*state, &question, &second), STATUS_OK);
    assert_int_equal(first.risk, second.risk);
}

static void the_fixed_risk(void **state)
{
    struct score score;
    assert_int_equal(scorer_score(*state, &question, &score), STATUS_OK);
    assert_int_equal(score.risk, 123456);
}

static void the_service_is_asked_with_every_feature(void **state)
{
    struct score score;
    assert_int_equal(scorer_score(*state, &question, &score), STATUS_OK);
    assert_int_equal(score.risk, 123456);
    assert_string_equal(score.model, "served-2");
    assert_true(service_was_sent("POST /v1/predict"));
    for (int i = 0; i < FEATURE_COUNT; i++)
        assert_true(service_was_sent(feature_definitions[i].name));
    assert_true(service_was_sent("\"transaction_count_30d\":12,"));
    assert_true(service_was_sent("\"avg_transaction_value_30d\":45.50,"));
    assert_true(service_was_sent("\"emotion_guard\":\"full\"}"));
}

/* The former system's services answer one risk, and know of no guard: they are asked twice. */
static void a_plain_service_is_asked_without_emotions_too(void **state)
{
    struct question guarded = question;
    struct score score;
    guarded.guard = GUARD_MAY_ONLY_HELP;
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_OK);
    assert_int_equal(score.risk_full, 123456);
    assert_int_equal(score.risk_financial, 123456);
    assert_true(service_was_sent("\"avg_positivity_7d\":0.500000,"));
    assert_true(service_was_sent("\"emotion_count_7d\":0,"));
}

static void a_full_answer_is_guarded_here_as_well(void **state)
{
    static const char answer[] =
        "{\"risk_score\":0.9,\"risk_score_full\":0.9,\"risk_score_financial\":0.4,"
        "\"basis\":\"%s\",\"model\":\"m\",\"attributions\":{\"stress_trend\":0.25},"
        "\"nearest_approval\":{\"change\":\"earn_more\",\"percent\":30,\"risk_score\":0.3}}";
    char body[512];
    struct question guarded = question;
    struct score score;
    guarded.guard = GUARD_MAY_ONLY_HELP;
    snprintf(body, sizeof body, answer, "financial");
    service_answers(200, body, 0);
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_OK);
    assert_int_equal(score.risk, 400000);
    assert_int_equal(score.basis, BASIS_FINANCIAL);
    assert_int_equal(score.weights[FEATURE_stress_trend], 250000);
    assert_int_equal(score.nearest.lever, LEVER_EARN_MORE);
    assert_int_equal(score.nearest.percent, 30);
    snprintf(body, sizeof body, answer, "full"); /* explains what does not decide */
    service_answers(200, body, 0);
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_OK);
    assert_int_equal(score.risk, 400000);
    assert_int_equal(score.weights[FEATURE_stress_trend], 0);
}

/* Without a tracer the trace is passed on as it came. */
static void the_service_is_told_which_request_asks(void **state)
{
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    struct question named = question;
    struct score score;
    service_answers(200, "{\"risk_score\":0.5}", 0);
    assert_int_equal(scorer_score(*state, &named, &score), STATUS_OK);
    assert_false(service_was_sent("X-Request-ID") || service_was_sent("traceparent"));
    named.request_id = "request-1";
    named.traceparent = trace;
    assert_int_equal(scorer_score(*state, &named, &score), STATUS_OK);
    assert_true(service_was_sent("\r\nX-Request-ID: request-1\r\n"));
    assert_true(service_was_sent("\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-"
                                 "b7ad6b7169203331-01\r\n"));
}

static int open_inference(void **state)
{
    char url[sizeof service.url + 32];
    service_answers(200,
                    "{\"model_name\":\"m\",\"model_version\":\"7\",\"outputs\":[{\"name\":"
                    "\"risk_score\",\"shape\":[2],\"datatype\":\"FP64\",\"data\":[0.3,0.2]}]}",
                    0);
    snprintf(url, sizeof url, "%s/v2/models/m/infer", service.url);
    return scorer_http_open(url, clock_system(), NULL, (struct scorer **)state) == STATUS_OK ? 0
                                                                                             : -1;
}

static void any_inference_server_can_be_asked(void **state)
{
    struct question guarded = question;
    struct score score;
    guarded.guard = GUARD_MAY_ONLY_HELP;
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_OK);
    assert_int_equal(score.risk_full, 300000);
    assert_int_equal(score.risk, 200000);
    assert_string_equal(score.model, "7");
    assert_true(service_was_sent("\"name\":\"features\""));
    service_answers(200, "{\"outputs\":[{\"name\":\"x\",\"data\":[[0.5],[0.4]]}]}", 0);
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_OK);
    assert_int_equal(score.risk, 400000);
    service_answers(200, "{\"outputs\":[{\"name\":\"x\",\"data\":[0.5]}]}", 0);
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_UNAVAILABLE);
}

static void nonsense_is_a_failure_of_the_model(void **state)
{
    static const char *const bodies[] = {
        "",
        "{}",
        "[]",
        "nonsense",
        "{\"risk_score\":null}",
        "{\"risk_score\":\"0.5\"}",
        "{\"risk_score\":true}",
        "{\"risk_score\":NaN}",
        "{\"risk_score\":-0.000001}",
        "{\"risk_score\":1.000001}",
        "{\"risk_score\":1e999}",
        "{\"risk_score\":0.5",
    };
    struct score score;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        service_answers(200, bodies[i], 0);
        assert_int_equal(scorer_score(*state, &question, &score), STATUS_UNAVAILABLE);
    }
    static char large[200 * 1024];
    memset(large, ' ', sizeof large - 1);
    service_answers(200, large, 0);
    assert_int_equal(scorer_score(*state, &question, &score), STATUS_UNAVAILABLE);
    service_answers(200, "{\"risk_score\":1}", 0);
    assert_int_equal(scorer_score(*state, &question, &score), STATUS_OK);
    assert_int_equal(score.risk, MILLIONTHS);
}

static void statuses_of_the_service(void **state)
{
    static const struct {
        int http;
        enum status status;
    } cases[] = {{400, STATUS_INVALID},     {422, STATUS_INVALID},     {301, STATUS_UNAVAILABLE},
                 {401, STATUS_UNAVAILABLE}, {404, STATUS_UNAVAILABLE}, {429, STATUS_UNAVAILABLE},
                 {500, STATUS_UNAVAILABLE}, {503, STATUS_UNAVAILABLE}};
    struct score score;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        service_answers(cases[i].http, "{\"risk_score\":0.5}", 0);
        assert_int_equal(scorer_score(*state, &question, &score), cases[i].status);
    }
}

static void a_slow_service_is_cut_off(void **state)
{
    struct score score;
    service_answers(200, "{\"risk_score\":0.5}", 600);
    int64_t before_us = clock_monotonic_us(clock_system());
    assert_int_equal(scorer_score(*state, &question, &score), STATUS_UNAVAILABLE);
    assert_true(clock_monotonic_us(clock_system()) - before_us < 400000);
}

/* Each of its two answers would be in time, but not both. */
static void both_calls_share_the_time(void **state)
{
    struct question guarded = question;
    struct score score;
    guarded.guard = GUARD_MAY_ONLY_HELP;
    service_answers(200, "{\"risk_score\":0.5}", 120);
    assert_int_equal(scorer_score(*state, &guarded, &score), STATUS_UNAVAILABLE);
}

static void nobody_listens(void **state)
{
    (void)state;
    struct scorer *scorer;
    struct score score;
    assert_int_equal(
        scorer_http_open("http://127.0.0.1:1/v1/predict", clock_system(), NULL, &scorer),
        STATUS_OK);
    assert_int_equal(scorer_score(scorer, &question, &score), STATUS_UNAVAILABLE);
    scorer_close(scorer);
    assert_int_equal(scorer_http_open("gopher://127.0.0.1/", clock_system(), NULL, &scorer),
                     STATUS_INVALID);
    assert_int_equal(scorer_http_open("", clock_system(), NULL, &scorer), STATUS_INVALID);
}

static struct question anybody(void)
{
    struct question asked = question;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        uint64_t number = unit_random();
        enum feature_unit unit = feature_definitions[i].unit;
        asked.features.values[i] = unit == UNIT_COUNT    ? (int64_t)(number % 100)
                                   : unit == UNIT_CENTS  ? (int64_t)(number % 2000000)
                                   : unit == UNIT_CHANGE ? (int64_t)(number % 1000001) - 500000
                                                         : (int64_t)(number % 1000001);
    }
    return asked;
}

static void the_financial_risk_does_not_look_at_emotions(void **state)
{
    for (int i = 0; i < 200; i++) {
        struct question asked = anybody();
        struct score with, without;
        assert_int_equal(scorer_score(*state, &asked, &with), STATUS_OK);
        asked.features = features_without_emotions(&asked.features);
        assert_int_equal(scorer_score(*state, &asked, &without), STATUS_OK);
        assert_int_equal(with.risk_financial, without.risk_financial);
    }
}

static void policy_read(struct policy *policy)
{
    struct buf report;
    buf_init(&report, POLICY_REPORT_MAX);
    assert_int_equal(policy_parse(policy_built_in("seed"), "seed", policy, &report), STATUS_OK);
    buf_free(&report);
}

/* Whatever else is true of a person: what can only mean more risk never lowers it. */
static void no_direction_is_ever_broken(void **state)
{
    for (int i = 0; i < 100000; i++) {
        struct question low = anybody(), high;
        struct score first, second;
        int feature = (int)(unit_random() % FEATURE_COUNT);
        enum feature_direction direction = feature_definitions[feature].direction;
        if (direction == DIRECTION_FREE)
            continue;
        high = low;
        high.features.values[feature] += 1 + (int64_t)(unit_random() % 300000);
        low.guard = high.guard = i % 2 == 0 ? GUARD_FULL : GUARD_OFF;
        assert_int_equal(scorer_score(*state, &low, &first), STATUS_OK);
        assert_int_equal(scorer_score(*state, &high, &second), STATUS_OK);
        int64_t change = (int64_t)direction * (second.risk - first.risk);
        assert_true(change >= 0);
    }
}

/* The weights of a scorecard are all of its log-odds, but for what rounding to millionths takes. */
static void points_add_up(void **state)
{
    struct question nobody = question, asked = anybody();
    struct score base, score;
    nobody.features = features_empty();
    asked.explain = true;
    assert_int_equal(scorer_score(*state, &nobody, &base), STATUS_OK);
    assert_int_equal(scorer_score(*state, &asked, &score), STATUS_OK);
    double odds = log(score.risk / (1e6 - score.risk)) - log(base.risk / (1e6 - base.risk));
    double sum = 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        sum += score.weights[i] / 1e6;
    assert_float_equal(sum, odds, 0.01);
}

/* Over a whole population: with may_only_help nobody is worse off than with off. */
static void feelings_never_cost_anybody_anything(void **state)
{
    enum { PEOPLE = 1500 };
    static struct person_tiles tiles;
    static struct policy policy;
    const int64_t as_of_us = 1767268800 * SECOND_US;
    policy_read(&policy);
    int helped = 0;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct simulated_person person = population_person(2, i);
        struct score with, without;
        population_tiles(&person, as_of_us, &tiles);
        struct features features = features_compute(&tiles, as_of_us);
        struct question asked = decision_question(&features, &policy);
        asked.explain = false;
        assert_int_equal(scorer_score(*state, &asked, &with), STATUS_OK);
        asked.guard = GUARD_OFF;
        assert_int_equal(scorer_score(*state, &asked, &without), STATUS_OK);
        struct terms helpful = policy_apply(&policy, with.risk);
        struct terms plain = policy_apply(&policy, without.risk);
        assert_true(with.risk <= without.risk);
        assert_true(helpful.approved || !plain.approved);
        assert_true(!plain.approved ||
                    (helpful.limit_cents >= plain.limit_cents && helpful.rate_bp <= plain.rate_bp));
        helped += with.risk < without.risk;
    }
    assert_true(helped > PEOPLE / 4 && helped < PEOPLE);
}

static void the_shelf_refuses_what_is_no_model(void **state)
{
    (void)state;
    struct shelved_model model, found;
    char reason[REASON_MAX + 1] = "";
    assert_int_equal(shelved_model_put(shelf, "/nowhere", &model, reason), STATUS_UNAVAILABLE);
    assert_non_null(strstr(reason, "/nowhere"));
    assert_int_equal(shelved_model_find(shelf, shelved.name, &found), STATUS_OK);
    assert_string_equal(found.folder, shelved.folder);
    assert_int_equal(shelved_model_find(shelf, "scorecard-1", &found), STATUS_NOT_FOUND);
    assert_int_equal(shelved_model_find(shelf, "m@00000000000000000000000000000000", &found),
                     STATUS_NOT_FOUND);
    assert_int_equal(shelved_model_find(shelf, "m@../../../../../../etc/passwd/000", &found),
                     STATUS_NOT_FOUND);
}

/* Fails or succeeds as the test says; counts what reaches it. */
struct doll {
    struct scorer base;
    enum status status;
    int asked;
};

static enum status doll_score(struct scorer *base, const struct question *unused,
                              struct score *score)
{
    struct doll *doll = (struct doll *)base;
    (void)unused;
    doll->asked++;
    *score = (struct score){.risk = 1, .risk_full = 1, .model = "doll"};
    return doll->status;
}

static const char *doll_model(struct scorer *base)
{
    (void)base;
    return "doll";
}

static void doll_close(struct scorer *base)
{
    (void)base;
}

static void the_breaker_spares_a_failing_model(void **state)
{
    (void)state;
    static const struct scorer_ops ops = {doll_score, doll_model, doll_close};
    struct doll doll = {{&ops}, STATUS_UNAVAILABLE, 0};
    struct clock_manual clock;
    struct entropy_seeded entropy;
    struct scorer *scorer;
    struct score score;
    clock_manual_init(&clock, HOUR_US);
    entropy_seeded_init(&entropy, 1);
    struct breaker_gate *gate = breaker_gate_create(&clock.base, &entropy.base);
    assert_non_null(gate);
    assert_int_equal(scorer_breaker_open(gate, &doll.base, &scorer), STATUS_OK);
    assert_string_equal(scorer_model(scorer), "doll");

    for (int i = 0; i < BREAKER_CALLS_MIN; i++)
        assert_int_equal(scorer_score(scorer, &question, &score), STATUS_UNAVAILABLE);
    assert_int_equal(scorer_score(scorer, &question, &score), STATUS_TOO_MANY_REQUESTS);
    assert_true(score.retry_after_us > 0);
    assert_int_equal(doll.asked, BREAKER_CALLS_MIN);

    doll.status = STATUS_OK;
    clock_manual_advance(&clock, 2 * BREAKER_OPEN_US);
    for (int i = 0; i < BREAKER_PROBES + BREAKER_CALLS_MIN; i++)
        assert_int_equal(scorer_score(scorer, &question, &score), STATUS_OK);

    doll.status = STATUS_INVALID; /* the features' fault, not the model's */
    for (int i = 0; i < 10 * BREAKER_CALLS_MIN; i++)
        assert_int_equal(scorer_score(scorer, &question, &score), STATUS_INVALID);
    scorer_close(scorer);
    breaker_gate_destroy(gate);
}

#define ON(adapter, test)                                                                          \
    {                                                                                              \
#adapter ": " #test, test, open_##adapter, close_it, NULL                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON(fixed, scores_within_range_and_names_itself),
        ON(random, scores_within_range_and_names_itself),
        ON(scorecard, scores_within_range_and_names_itself),
        ON(http, scores_within_range_and_names_itself),
        ON(fixed, the_same_features_have_the_same_risk),
        ON(scorecard, the_same_features_have_the_same_risk),
        ON(http, the_same_features_have_the_same_risk),
        ON(fixed, the_fixed_risk),
        ON(http, the_service_is_asked_with_every_feature),
        ON(http, a_plain_service_is_asked_without_emotions_too),
        ON(http, a_full_answer_is_guarded_here_as_well),
        ON(inference, any_inference_server_can_be_asked),
        ON(http, nonsense_is_a_failure_of_the_model),
        ON(http, the_service_is_told_which_request_asks),
        ON(http, statuses_of_the_service),
        ON(http, a_slow_service_is_cut_off),
        ON(http, both_calls_share_the_time),
        ON(trained, scores_within_range_and_names_itself),
        ON(trained, the_same_features_have_the_same_risk),
        ON(trained, the_financial_risk_does_not_look_at_emotions),
        ON(trained, no_direction_is_ever_broken),
        ON(trained, feelings_never_cost_anybody_anything),
        ON(points, scores_within_range_and_names_itself),
        ON(points, the_same_features_have_the_same_risk),
        ON(points, the_financial_risk_does_not_look_at_emotions),
        ON(points, points_add_up),
        cmocka_unit_test(the_shelf_refuses_what_is_no_model),
        cmocka_unit_test(nobody_listens),
        cmocka_unit_test(the_breaker_spares_a_failing_model),
    };
    service_start();
    shelf_make();
    int failed = cmocka_run_group_tests_name("scorer", tests, NULL, NULL);
    service_stop();
    trained_source_close(&trained);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", shelf);
    return failed + (system(command) != 0);
}
