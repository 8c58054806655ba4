/* SPDX-License-Identifier: Apache-2.0
 *
 * The hidden course of a simulated person's life: money month by month, mood day by day, and
 * whether they default. All are pure functions of the person and the date with a bounded look back,
 * so that any day can be drawn by itself. docs/population.md has the formulas; they and their
 * weights are invented.
 *
 * Months are the person's own: 30 days from a pay day on.
 */
#ifndef ECS_SIMULATION_LIFE_H
#define ECS_SIMULATION_LIFE_H

#include <stdbool.h>
#include <stdint.h>

#include "simulation/population.h"

enum { LIFE_MONTH_DAYS = 30 };

/* What chance_of() is asked for in a life: each use is a series of draws of its own. */
enum life_use {
    LIFE_TRAITS = 1,
    LIFE_SPELL,  /* by block of 12 months */
    LIFE_INCOME, /* by month, as are the next two */
    LIFE_BILL,
    LIFE_DEFAULT,
    LIFE_APPETITE, /* waves */
    LIFE_SLOW_STRESS,
    LIFE_SLOW_POSITIVITY,
    LIFE_WEEK_STRESS,
    LIFE_WEEK_POSITIVITY,
    LIFE_NEWS,    /* private life events, by block of 60 days */
    LIFE_SILENCE, /* by block of 60 days */
    LIFE_DAY,     /* by day, as is the next */
    LIFE_SPREE,
    LIFE_EVENT /* by moment */
};

/* One month's money. */
struct life_money {
    int64_t income_cents; /* 0: no pay comes at all */
    int64_t spending_cents;
    int64_t income_share; /* of the usual pay, before the month's small noise; millionths */
};

/* How a month stands, looking back over the months before it; millionths. */
struct life_standing {
    int64_t burden; /* spending over income, three months; 0 to 3 */
    int64_t drop;   /* of income below the usual, three months; 0 to 1 */
    int64_t buffer; /* savings, in months of pay; −2 to 6 */
    int64_t strain; /* what of this weighs on the mind; 0 to 1.2 */
};

/* The mood that a day's feelings scatter around, in millionths; not cut to 0 to 1. */
struct life_mood {
    int64_t positivity;
    int64_t stress;
};

/* The month that a day lies in; `day` is days since 1970, not negative. Months are numbered from
 * some day long before. */
int64_t life_month(const struct simulated_person *person, int64_t day);
/* Days since the month's pay day, 0 to 29. */
int life_day_of_month(const struct simulated_person *person, int64_t day);
/* The pay day that a month begins with. */
int64_t life_month_day(const struct simulated_person *person, int64_t month);

struct life_money life_money(const struct simulated_person *person, int64_t month);
struct life_standing life_standing(const struct simulated_person *person, int64_t month);
struct life_mood life_mood(const struct simulated_person *person, int64_t day);
/* Days on which the person pays nothing and shows nothing but pay that comes in. */
bool life_is_silent(const struct simulated_person *person, int64_t day);

/* Whether the person defaults: a monthly hazard, of what money and mood say and of a part that
 * nothing tells of, and the default that is drawn from it. */
struct life_outcome {
    int32_t probability; /* of a default within twelve months of 30 days, in millionths */
    bool defaulted;      /* drawn from it */
};

/* As seen on `day` (days since 1970). */
struct life_outcome life_outcome(const struct simulated_person *person, int64_t day);

#endif
