/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population_outcome.h"

#include "limits.h"
#include "simulation/chance.h"
#include "simulation/life.h"

enum { MONTHS = 12, MOOD_DAYS = 10 };

/* Log-odds of a default in a month, in millionths. */
enum {
    BASE = -5200000,
    PER_BURDEN = 6500000, /* above 0.9 of income, from −0.5 to 0.5 */
    PER_DROP = 400000,
    PER_BUFFER = -60000,  /* a month of pay */
    PER_STRESS = 1900000, /* from 0 to 1; 0.42 is neutral */
    PER_LOW = 1500000,    /* positivity below 0.55 */
    PER_BOTH = 5000000,   /* strain × stress above 0.5 */
    PER_FRAILTY = 150000,
    PER_PAY = -1000000, /* 2,500 more than the mean usual pay of 2,500 */
    PAY_CENTS = 250000,
    NEWNESS = 500000, /* of a new customer; half after a year */
    NEWNESS_DAYS = 365
};

/* Mean of the mood at three days of the month: what lasts, not what a day brings. */
static struct life_mood lasting_mood(const struct simulated_person *person, int64_t month)
{
    struct life_mood mean = {0};
    int64_t first = life_month_day(person, month);
    for (int64_t i = 0; i < 3; i++) {
        struct life_mood mood = life_mood(person, first + 4 + i * MOOD_DAYS);
        mean.positivity += mood.positivity / 3;
        mean.stress += mood.stress / 3;
    }
    return mean;
}

static int64_t newness(const struct simulated_person *person, int64_t month)
{
    int64_t days = life_month_day(person, month) - person->registered_us / DAY_US;
    return (int64_t)NEWNESS * NEWNESS_DAYS / (NEWNESS_DAYS + (days > 0 ? days : 0));
}

int64_t population_outcome_hazard(const struct simulated_person *person, int64_t month)
{
    struct life_standing standing = life_standing(person, month);
    struct life_mood mood = lasting_mood(person, month);
    int64_t burden = chance_clamp(standing.burden - 900000, -500000, 500000);
    int64_t heavy = chance_clamp(mood.stress - 500000, 0, MILLIONTHS);
    return chance_logistic(
        BASE + chance_times(PER_BURDEN, burden) + chance_times(PER_DROP, standing.drop) +
        chance_times(PER_BUFFER, standing.buffer) + chance_times(PER_STRESS, mood.stress - 420000) +
        chance_times(PER_LOW, 550000 - mood.positivity) +
        chance_times(PER_BOTH, chance_times(standing.strain, heavy)) +
        chance_times(PER_FRAILTY, person->frailty) +
        PER_PAY * (person->pay_cents - PAY_CENTS) / PAY_CENTS + newness(person, month));
}

/* Nobody, and no model, knows the shocks to come: a year's default hangs on how things stand. */
struct population_outcome population_outcome(const struct simulated_person *person, int64_t day)
{
    int64_t month = life_month(person, day);
    int64_t hazard = population_outcome_hazard(person, month), survives = MILLIONTHS;
    for (int i = 0; i < MONTHS; i++)
        survives = chance_times(survives, MILLIONTHS - hazard);
    uint64_t drawn = chance_of(person->seed, LIFE_DEFAULT, (uint64_t)month);
    return (struct population_outcome){
        .probability = (int32_t)(MILLIONTHS - survives),
        .defaulted = chance_below(drawn, MILLIONTHS) < MILLIONTHS - survives,
    };
}
