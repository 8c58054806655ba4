/* SPDX-License-Identifier: Apache-2.0
 *
 * One model for the handles of many threads, and a new one in its place while they ask.
 */
#include "scorers/trained.h"

#include <stdatomic.h>

#include "../unit.h"
#include "model/manifest.h"
#include "simulation/population.h"

enum { MODELS = 2, THREADS = 4, CHANGES = 20, ASKED = 40 };

static const struct shelved_model models[MODELS] = {
    {EMBEDDED_PREFIX "models/default", "one"},
    {EMBEDDED_PREFIX "models/retired/b1170b99", "other"},
};
static struct trained_source source;
static struct question question;
static struct score expected[MODELS];
static _Atomic bool over;

static void publish(enum trained_form form, size_t model)
{
    char reason[REASON_MAX + 1];
    assert_int_equal(trained_source_publish(&source, form, &models[model], reason), STATUS_OK);
}

static int open_source(void **state)
{
    static struct person_tiles tiles;
    const int64_t as_of_us = 1767268800 * SECOND_US; /* 2026-01-01T12:00:00Z */
    struct simulated_person person = population_person(1, 1);
    (void)state;
    population_tiles(&person, as_of_us, &tiles);
    question = (struct question){.features = features_compute(&tiles, as_of_us),
                                 .guard = GUARD_FULL,
                                 .emotions_known = true,
                                 .approve_to = -1,
                                 .explain = true};
    trained_source_init(&source);
    return 0;
}

static int close_source(void **state)
{
    (void)state;
    trained_source_close(&source);
    return 0;
}

static void nothing_is_published_yet(void **state)
{
    (void)state;
    struct scorer *scorer;
    assert_int_equal(scorer_trained_open(&source, &scorer), STATUS_INVALID);
}

static void a_handle_takes_over_what_is_published(void **state)
{
    (void)state;
    struct scorer *scorer;
    struct score points;
    publish(TRAINED_TREES, 0);
    assert_int_equal(scorer_trained_open(&source, &scorer), STATUS_OK);
    for (size_t i = 0; i < MODELS; i++) {
        publish(TRAINED_TREES, i);
        assert_int_equal(scorer_score(scorer, &question, &expected[i]), STATUS_OK);
        assert_string_equal(expected[i].model, models[i].name);
    }
    assert_true(expected[0].risk != expected[1].risk);
    publish(TRAINED_POINTS, 1);
    assert_int_equal(scorer_score(scorer, &question, &points), STATUS_OK);
    assert_string_equal(points.model, POINTS_PREFIX "other");
    scorer_close(scorer);
}

static void what_cannot_be_loaded_changes_nothing(void **state)
{
    (void)state;
    static const struct shelved_model none = {EMBEDDED_PREFIX "models/none", "none"};
    char reason[REASON_MAX + 1] = "";
    struct scorer *scorer;
    publish(TRAINED_TREES, 1);
    assert_int_equal(trained_source_publish(&source, TRAINED_TREES, &none, reason),
                     STATUS_NOT_FOUND);
    assert_non_null(strstr(reason, "models/none"));
    assert_int_equal(scorer_trained_open(&source, &scorer), STATUS_OK);
    assert_string_equal(scorer_model(scorer), models[1].name);
    scorer_close(scorer);
}

/* Returns `fine` if every answer was wholly of one model. */
static void *ask(void *fine)
{
    struct scorer *scorer;
    if (scorer_trained_open(&source, &scorer) != STATUS_OK)
        return NULL;
    for (int i = 0; fine != NULL && (i < ASKED || !atomic_load(&over)); i++) {
        struct score score;
        enum status status = scorer_score(scorer, &question, &score);
        const struct score *one = &expected[strcmp(score.model, models[0].name) == 0 ? 0 : 1];
        if (status != STATUS_OK || strcmp(score.model, one->model) != 0 ||
            score.risk != one->risk ||
            memcmp(score.weights, one->weights, sizeof score.weights) != 0)
            fine = NULL;
    }
    scorer_close(scorer);
    return fine;
}

static void many_threads_ask_while_models_change(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    publish(TRAINED_TREES, 0);
    atomic_store(&over, false);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &source), 0);
    for (size_t i = 0; i < CHANGES; i++)
        publish(TRAINED_TREES, (i + 1) % MODELS);
    atomic_store(&over, true);
    for (size_t i = 0; i < THREADS; i++) {
        void *answered;
        assert_int_equal(pthread_join(threads[i], &answered), 0);
        assert_ptr_equal(answered, &source);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_published_yet),
        cmocka_unit_test(a_handle_takes_over_what_is_published),
        cmocka_unit_test(what_cannot_be_loaded_changes_nothing),
        cmocka_unit_test(many_threads_ask_while_models_change),
    };
    return cmocka_run_group_tests(tests, open_source, close_source);
}
