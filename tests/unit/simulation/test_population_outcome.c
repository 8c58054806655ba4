/* SPDX-License-Identifier: Apache-2.0
 *
 * What the population must be for a model to learn from it, on 20,000 people with their features.
 */
#include "simulation/life.h"

#include <math.h>
#include <stdlib.h>

#include "../unit.h"
#include "domain/scorecard.h"
#include "learning/measures.h"
#include "simulation/population.h"

enum { PEOPLE = 20000, DAY = 20454, BANDS = 10, QUINTILES = 5 };
enum {
    APPROVED_UP_TO = 600000, /* risk_to of policy/seed.json */
    CHANCE = 10000           /* two deviations of an AUC that tells nothing, in millionths */
};
static const int64_t as_of_us = DAY * DAY_US + 12 * HOUR_US;

static struct row {
    struct features features;
    struct life_outcome outcome;
    int32_t scorecard_risk;
} rows[PEOPLE];

static int draw_people(void **state)
{
    (void)state;
    static struct person_tiles tiles;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct simulated_person person = population_person(1, i);
        population_tiles(&person, as_of_us, &tiles);
        rows[i].features = features_compute(&tiles, as_of_us);
        rows[i].outcome = life_outcome(&person, DAY);
        rows[i].scorecard_risk = scorecard_risk(&rows[i].features);
    }
    return 0;
}

static int64_t value(int row, enum feature feature)
{
    return rows[row].features.values[feature];
}

static int32_t auc_of_scores(const int64_t scores[PEOPLE])
{
    static struct rated cases[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        cases[i] = (struct rated){scores[i], rows[i].outcome.defaulted};
    return (int32_t)lround(rated_auc(cases, PEOPLE) * MILLIONTHS);
}

static const int64_t *compared;

static int compare(const void *one, const void *other)
{
    int64_t a = compared[*(const int *)one], b = compared[*(const int *)other];
    return (a > b) - (a < b);
}

/* The rows in ascending order of a score. */
static void order_by(const int64_t scores[PEOPLE], int order[PEOPLE])
{
    for (int i = 0; i < PEOPLE; i++)
        order[i] = i;
    compared = scores;
    qsort(order, PEOPLE, sizeof order[0], compare);
}

static void order_by_feature(enum feature feature, int order[PEOPLE])
{
    static int64_t scores[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        scores[i] = value(i, feature);
    order_by(scores, order);
}

static void the_same_seed_gives_the_same_outcomes(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PEOPLE; i += 100) {
        struct simulated_person person = population_person(1, i);
        struct life_outcome again = life_outcome(&person, DAY);
        assert_int_equal(again.probability, rows[i].outcome.probability);
        assert_int_equal(again.defaulted, rows[i].outcome.defaulted);
    }
}

/* No compiler, machine or library may change a bit: a checksum of features and outcomes. It changes
 * with the model alone. */
static void every_machine_draws_the_same_people(void **state)
{
    (void)state;
    uint64_t sum = 0;
    for (int i = 0; i < 1000; i++) {
        for (int k = 0; k < FEATURE_COUNT; k++)
            sum = (sum ^ (uint64_t)rows[i].features.values[k]) * 0x100000001b3u;
        sum = (sum ^ (uint64_t)rows[i].outcome.probability) * 0x100000001b3u;
    }
    assert_int_equal(sum, 0x98ebca6cf01cb864u);
}

static void defaults_are_drawn_from_their_probability(void **state)
{
    (void)state;
    int64_t defaults = 0, expected = 0;
    for (int i = 0; i < PEOPLE; i++) {
        defaults += rows[i].outcome.defaulted;
        expected += rows[i].outcome.probability;
    }
    assert_in_range(defaults, PEOPLE * 12 / 100, PEOPLE * 20 / 100);
    assert_true(llabs(defaults - expected / MILLIONTHS) < PEOPLE / 100); /* three deviations */
}

static void the_hidden_risk_tells_well_but_not_all(void **state)
{
    (void)state;
    static int64_t scores[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        scores[i] = rows[i].outcome.probability;
    int32_t best = auc_of_scores(scores);
    assert_in_range(best, 800000, 920000);
    for (int i = 0; i < PEOPLE; i++)
        scores[i] = rows[i].scorecard_risk;
    assert_in_range(auc_of_scores(scores), 650000, best - 50000);
}

/* On the whole: trends of a week tell next to nothing by themselves, but never the contrary. */
static void risk_goes_with_every_directed_feature(void **state)
{
    (void)state;
    static int64_t scores[PEOPLE];
    for (int k = 0; k < FEATURE_COUNT; k++) {
        for (int i = 0; i < PEOPLE; i++)
            scores[i] = (int)feature_definitions[k].direction * value(i, (enum feature)k);
        if (feature_definitions[k].direction != DIRECTION_FREE)
            assert_true(auc_of_scores(scores) > MILLIONTHS / 2 - CHANCE);
    }
}

static void check_quintiles(enum feature feature, int sign)
{
    static int order[PEOPLE];
    int64_t before = sign > 0 ? 0 : MILLIONTHS;
    order_by_feature(feature, order);
    for (int quintile = 0; quintile < QUINTILES; quintile++) {
        int64_t sum = 0, count = PEOPLE / QUINTILES;
        for (int64_t i = quintile * count; i < (quintile + 1) * count; i++)
            sum += rows[order[i]].outcome.probability;
        assert_true(sign > 0 ? sum / count > before : sum / count < before);
        before = sum / count;
    }
}

static void risk_rises_from_quintile_to_quintile(void **state)
{
    (void)state;
    check_quintiles(FEATURE_avg_stress_30d, 1);
    check_quintiles(FEATURE_avg_stress_7d, 1);
    check_quintiles(FEATURE_outgoings_share_90d, 1);
    check_quintiles(FEATURE_avg_positivity_30d, -1);
    check_quintiles(FEATURE_money_in_90d, -1);
}

static void the_silent_are_riskier(void **state)
{
    (void)state;
    int64_t silent = 0, silent_risk = 0, risk = 0;
    for (int i = 0; i < PEOPLE; i++) {
        risk += rows[i].outcome.probability;
        if (value(i, FEATURE_days_since_transaction) >= 5) {
            silent++;
            silent_risk += rows[i].outcome.probability;
        }
    }
    assert_true(silent > PEOPLE / 200);
    assert_true(silent_risk / silent > risk / PEOPLE * 5 / 4);
}

/* Among people with the same share of outgoings, those who default were more stressed. */
static void feelings_tell_beyond_money(void **state)
{
    (void)state;
    static int order[PEOPLE];
    order_by_feature(FEATURE_outgoings_share_90d, order);
    for (int band = 0; band < BANDS; band++) {
        int64_t stress[2] = {0}, positivity[2] = {0}, people[2] = {0};
        for (int i = band * (PEOPLE / BANDS); i < (band + 1) * (PEOPLE / BANDS); i++) {
            bool defaulted = rows[order[i]].outcome.defaulted;
            stress[defaulted] += value(order[i], FEATURE_avg_stress_30d);
            positivity[defaulted] += value(order[i], FEATURE_avg_positivity_30d);
            people[defaulted]++;
        }
        assert_true(stress[1] / people[1] > stress[0] / people[0] + 20000);
        assert_true(positivity[1] / people[1] < positivity[0] / people[0] - 10000);
    }
}

/* Adds each row's place in the order of a feature, `sign` 1 or −1, to its score. */
static void places_add(enum feature feature, int sign, int64_t scores[PEOPLE])
{
    static int order[PEOPLE];
    order_by_feature(feature, order);
    for (int i = 0; i < PEOPLE; i++)
        scores[order[i]] += sign * i;
}

/* The plainest of models: two features of each kind, their ranks added. */
static void money_tells_more_than_feelings_and_both_tell_most(void **state)
{
    (void)state;
    static int64_t money[PEOPLE], feelings[PEOPLE], both[PEOPLE];
    places_add(FEATURE_outgoings_share_90d, 1, money);
    places_add(FEATURE_money_in_90d, -1, money);
    places_add(FEATURE_avg_stress_30d, 1, feelings);
    places_add(FEATURE_avg_positivity_30d, -1, feelings);
    for (int i = 0; i < PEOPLE; i++)
        both[i] = money[i] + feelings[i];
    int32_t money_auc = auc_of_scores(money), feelings_auc = auc_of_scores(feelings);
    assert_true(money_auc > feelings_auc);
    assert_true(auc_of_scores(both) > money_auc + 10000);
}

/* By all features; what the policy's guard makes of it is the policy's. */
static void the_default_scorecard_approves_two_thirds(void **state)
{
    (void)state;
    int approved = 0;
    for (int i = 0; i < PEOPLE; i++)
        approved += rows[i].scorecard_risk <= APPROVED_UP_TO;
    assert_in_range(approved, PEOPLE * 60 / 100, PEOPLE * 75 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_seed_gives_the_same_outcomes),
        cmocka_unit_test(every_machine_draws_the_same_people),
        cmocka_unit_test(defaults_are_drawn_from_their_probability),
        cmocka_unit_test(the_hidden_risk_tells_well_but_not_all),
        cmocka_unit_test(risk_goes_with_every_directed_feature),
        cmocka_unit_test(risk_rises_from_quintile_to_quintile),
        cmocka_unit_test(the_silent_are_riskier),
        cmocka_unit_test(feelings_tell_beyond_money),
        cmocka_unit_test(money_tells_more_than_feelings_and_both_tell_most),
        cmocka_unit_test(the_default_scorecard_approves_two_thirds),
    };
    return cmocka_run_group_tests(tests, draw_people, NULL);
}
