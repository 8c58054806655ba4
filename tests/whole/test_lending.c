/* SPDX-License-Identifier: Apache-2.0
 *
 * People whose outcomes are known, whom the built-in model has not seen, decided about by the
 * built-in policies: what is expected to be lost is what comes, `calibrated` earns more than it
 * loses, and `seed` does not. Prints what docs/policy.md shows; an argument is how many people.
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../unit/unit.h"

#include "domain/backtest.h"
#include "scorers/trained.h"
#include "simulation/life.h"
#include "simulation/population.h"
#include "wire/policy_json.h"

enum { SEED = 777, DAY = 20454, PEOPLE = 5000, PEOPLE_MAX = 100000 };
static const int64_t as_of_us = DAY * DAY_US + 12 * HOUR_US;

static int people = PEOPLE;
static struct trained_source trained;
static struct verdict verdicts[PEOPLE_MAX];
static struct life_outcome outcomes[PEOPLE_MAX];
static struct backtest backtest; /* of the policy that was looked at last */

/* Of one policy, in units of currency. */
struct figures {
    double approved, exposure, interest;
    double expected;   /* loss */
    double lesser;     /* what it would be of the risk that decides */
    double likely;     /* of the hidden chance that each person defaults */
    double came;       /* of those who did */
    double came_error; /* standard deviation of that by chance */
};

static char shelf[] = "/tmp/ecs-lending-XXXXXX";

static int shelf_remove(void **state)
{
    char command[64];
    (void)state;
    snprintf(command, sizeof command, "rm -r %s", shelf);
    return system(command);
}

static int people_score(void **state)
{
    char reason[REASON_MAX + 1];
    struct shelved_model shelved;
    struct scorer *model;
    (void)state;
    assert_non_null(mkdtemp(shelf));
    trained_source_init(&trained);
    assert_int_equal(shelved_model_put(shelf, "", &shelved, reason), STATUS_OK);
    assert_int_equal(trained_source_publish(&trained, TRAINED_TREES, &shelved, reason), STATUS_OK);
    assert_int_equal(scorer_trained_open(&trained, &model), STATUS_OK);
    for (int i = 0; i < people; i++) {
        static struct person_tiles tiles;
        struct simulated_person person = population_person(SEED, (uint32_t)i);
        struct question question = {.approve_to = -1};
        struct score score;
        population_tiles(&person, as_of_us, &tiles);
        question.features = features_compute(&tiles, as_of_us);
        question.emotions_known = features_emotions_known(&question.features);
        assert_int_equal(scorer_score(model, &question, &score), STATUS_OK);
        verdicts[i] = (struct verdict){.logged = true,
                                       .stands = true,
                                       .risk_full = score.risk_full,
                                       .risk_financial = score.risk_financial,
                                       .emotions_known = question.emotions_known};
        outcomes[i] = life_outcome(&person, DAY);
    }
    scorer_close(model);
    trained_source_close(&trained);
    return 0;
}

/* What the policy's loans bring and lose, and what `ecs backtest` expects of them. */
static struct figures lend(const char *name)
{
    struct policy policy;
    struct buf report;
    struct figures figures = {0};
    double variance = 0;
    buf_init(&report, POLICY_REPORT_MAX);
    assert_int_equal(policy_parse(policy_built_in(name), name, &policy, &report), STATUS_OK);
    buf_free(&report);
    backtest_init(&backtest, &policy);
    for (int i = 0; i < people; i++) {
        const struct verdict *verdict = &verdicts[i];
        backtest_add(&backtest, verdict, BACKTEST_GROUPS - 1);
        struct score score = {.risk_full = verdict->risk_full,
                              .risk_financial = verdict->risk_financial};
        struct question question = {.guard = policy.emotion_guard,
                                    .emotions_known = verdict->emotions_known};
        scoring_decide(&question, &score);
        double limit = (double)policy_apply(&policy, score.risk).limit_cents / CENTS;
        double chance = (double)outcomes[i].probability / MILLIONTHS;
        figures.lesser += limit * score.risk / MILLIONTHS;
        figures.likely += limit * chance;
        figures.came += outcomes[i].defaulted ? limit : 0;
        variance += limit * limit * chance * (1 - chance);
    }
    const struct backtest_sum *sum = &backtest.total.candidate;
    figures.approved = (double)sum->approved / people;
    figures.exposure = (double)sum->limit_cents / CENTS;
    figures.interest = (double)backtest_interest_cents(sum) / CENTS;
    figures.expected = (double)backtest_loss_cents(sum) / CENTS;
    figures.came_error = sqrt(variance);
    printf("%-10s approved %.1f %%, exposure %.2f M, interest %.2f M, expected loss %.2f M, "
           "by the lesser risk %.2f M, likely %.2f M, came %.2f M\n",
           name, 100 * figures.approved, figures.exposure / 1e6, figures.interest / 1e6,
           figures.expected / 1e6, figures.lesser / 1e6, figures.likely / 1e6, figures.came / 1e6);
    return figures;
}

static void the_expected_loss_is_what_comes(void **state)
{
    static const char *const names[] = {"calibrated", "seed"};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct figures figures = lend(names[i]);
        assert_true(fabs(figures.expected - figures.came) < 3 * figures.came_error);
        assert_true(fabs(figures.expected / figures.likely - 1) < 0.1);
        assert_true(figures.lesser / figures.likely < 0.9); /* too low: it must not be told */
    }
}

static void the_policy_of_the_model_earns_more_than_it_loses(void **state)
{
    (void)state;
    struct figures figures = lend("calibrated");
    assert_true(figures.approved > 0.6 && figures.approved < 0.8);
    assert_true(figures.interest > 1.5 * figures.came);
    assert_true(figures.interest > 1.5 * figures.expected);
    for (int i = 0; i < BACKTEST_BINS; i++) { /* at each risk that it approves */
        const struct backtest_sum *sum = &backtest.bins[i].candidate;
        assert_true(sum->limit_cents == 0 ||
                    backtest_interest_cents(sum) > backtest_loss_cents(sum));
    }
}

static void the_seeds_policy_loses_with_this_model(void **state)
{
    (void)state;
    struct figures figures = lend("seed");
    assert_true(figures.approved > 0.9 && figures.interest < figures.came);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_expected_loss_is_what_comes),
        cmocka_unit_test(the_policy_of_the_model_earns_more_than_it_loses),
        cmocka_unit_test(the_seeds_policy_loses_with_this_model),
    };
    if (argc > 1)
        people = atoi(argv[1]);
    assert(people > 0 && people <= PEOPLE_MAX);
    return cmocka_run_group_tests(tests, people_score, shelf_remove);
}
