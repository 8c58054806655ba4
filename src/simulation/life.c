/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/life.h"

#include <assert.h>

#include "base/splitmix.h"
#include "limits.h"
#include "simulation/chance.h"

enum {
    MONTHS_BEFORE = 48, /* 1970: months are never negative, whatever is looked back at */
    SPELL_BLOCK = 12,   /* months; a spell lasts no longer than that */
    SPELL_MONTHS_MIN = 2,
    SPELL_MONTHS_SPAN = 7,
    STOP_SHARE = 40,  /* percent of spells in which pay stops, the others shrink it */
    STOP_MONTHS = 2,  /* without any income; then there is a benefit */
    BENEFIT = 500000, /* of the usual pay */
    STANDING_MONTHS = 3,
    BUFFER_MONTHS = 6,
    BLOCK_DAYS = 60,
    NEWS_FADE_DAYS = 45,
    CHEER_DAYS = 3,
    SLOW_DAYS = 60, /* periods of a mood's waves */
    WEEK_DAYS = 7
};

/* What moves a mood, in millionths. */
enum {
    CHEER = 100000,   /* of pay that comes; stress falls by half of it */
    WORRY = 150000,   /* of pay that does not */
    TROUBLE = 180000, /* of strain 1, for somebody of no great resilience */
    TOUCHED = 220000, /* of news 1, likewise */
    SLOW_POSITIVITY = 75000,
    WEEK_POSITIVITY = 30000,
    SLOW_STRESS = 90000,
    WEEK_STRESS = 35000
};

int64_t life_month(const struct simulated_person *person, int64_t day)
{
    return (day + MONTHS_BEFORE * LIFE_MONTH_DAYS - person->pay_day) / LIFE_MONTH_DAYS;
}

int life_day_of_month(const struct simulated_person *person, int64_t day)
{
    int64_t since = day + MONTHS_BEFORE * LIFE_MONTH_DAYS - person->pay_day;
    assert(since >= 0);
    return (int)(since % LIFE_MONTH_DAYS);
}

int64_t life_month_day(const struct simulated_person *person, int64_t month)
{
    return (month - MONTHS_BEFORE) * LIFE_MONTH_DAYS + person->pay_day;
}

/* Share of the usual pay in a spell that starts in a block of months; 1 outside it. */
static int64_t spell_share(const struct simulated_person *person, int64_t block, int64_t month)
{
    uint64_t state = chance_of(person->seed, LIFE_SPELL, (uint64_t)block);
    int64_t likely = 10000 + chance_times(250000, MILLIONTHS - person->stability);
    if (chance_below(splitmix_next(&state), MILLIONTHS) >= likely)
        return MILLIONTHS;
    int64_t first = block * SPELL_BLOCK + chance_below(splitmix_next(&state), SPELL_BLOCK);
    int64_t months = SPELL_MONTHS_MIN + chance_below(splitmix_next(&state), SPELL_MONTHS_SPAN);
    bool stops = chance_below(splitmix_next(&state), 100) < STOP_SHARE;
    int64_t shrunk = 450000 + chance_below(splitmix_next(&state), 400000);
    if (month < first || month >= first + months)
        return MILLIONTHS;
    if (!stops)
        return shrunk;
    return month < first + STOP_MONTHS ? 0 : BENEFIT;
}

static int64_t income_share(const struct simulated_person *person, int64_t month)
{
    assert(month >= SPELL_BLOCK); /* the block before is looked at too */
    int64_t block = month / SPELL_BLOCK;
    int64_t now = spell_share(person, block, month), before = spell_share(person, block - 1, month);
    return now < before ? now : before;
}

/* One bill in thirty months that nobody reckoned with: 0.2 to 0.7 of the pay. */
static int64_t bill(const struct simulated_person *person, int64_t month)
{
    uint64_t state = chance_of(person->seed, LIFE_BILL, (uint64_t)month);
    if (chance_below(splitmix_next(&state), 30) != 0)
        return 0;
    return 200000 + chance_below(splitmix_next(&state), 500000);
}

/* Spending follows income late and only in part: half of it is fixed. */
struct life_money life_money(const struct simulated_person *person, int64_t month)
{
    int64_t share = income_share(person, month), before = income_share(person, month - 1);
    int64_t noise =
        chance_times(40000 + chance_times(200000, MILLIONTHS - person->stability),
                     chance_normal(chance_of(person->seed, LIFE_INCOME, (uint64_t)month)));
    int64_t appetite =
        chance_exp(chance_times(80000, chance_wave(person->seed, LIFE_APPETITE, month, 4)));
    int64_t follows = MILLIONTHS / 2 + (share + before) / 4;
    int64_t spent =
        chance_times(chance_times(person->thrift, appetite), follows) + bill(person, month);
    int64_t income = chance_times(share, MILLIONTHS + noise);
    assert(share >= 0 && share <= MILLIONTHS && spent >= 0);
    return (struct life_money){
        .income_cents = income > 0 ? chance_times(person->pay_cents, income) : 0,
        .spending_cents = chance_times(person->pay_cents, spent),
        .income_share = share,
    };
}

struct life_standing life_standing(const struct simulated_person *person, int64_t month)
{
    int64_t income = 0, spending = 0, drop = 0, buffer = person->wealth, weight = MILLIONTHS;
    for (int64_t i = 0; i < BUFFER_MONTHS; i++) {
        struct life_money money = life_money(person, month - i);
        if (i < STANDING_MONTHS) {
            income += money.income_cents;
            spending += money.spending_cents;
            drop += (MILLIONTHS - money.income_share) / STANDING_MONTHS;
        }
        buffer += weight * (money.income_cents - money.spending_cents) / person->pay_cents;
        weight = weight * 17 / 20;
    }
    int64_t least = person->pay_cents / 2; /* keeps the ratio finite */
    assert(least > 0 && drop >= 0 && drop <= MILLIONTHS);
    struct life_standing standing = {
        .burden = chance_clamp(spending * MILLIONTHS / (income > least ? income : least), 0,
                               3 * MILLIONTHS),
        .drop = drop,
        .buffer = chance_clamp(buffer, -2 * MILLIONTHS, 6 * MILLIONTHS),
    };
    standing.strain =
        chance_clamp(standing.burden - 850000 - standing.buffer / 8 + drop / 2, 0, 1200000);
    return standing;
}

/* What a private event (a parting, a birth) that starts in a block still weighs on a day: −1 bad,
 * 1 good, fading over six weeks. */
static int64_t news(const struct simulated_person *person, int64_t block, int64_t day)
{
    uint64_t state = chance_of(person->seed, LIFE_NEWS, (uint64_t)block);
    int64_t kind = chance_below(splitmix_next(&state), 10);
    if (kind >= 3)
        return 0;
    int64_t since = day - block * BLOCK_DAYS - chance_below(splitmix_next(&state), BLOCK_DAYS);
    if (since < 0 || since >= NEWS_FADE_DAYS)
        return 0;
    int64_t weight = 400000 + chance_below(splitmix_next(&state), 600000);
    int64_t left = weight * (NEWS_FADE_DAYS - since) / NEWS_FADE_DAYS;
    return kind == 0 ? left : -left;
}

/* Strain settles in over a month: a straight line from last month's to this one's. */
static int64_t strain_of(const struct simulated_person *person, int64_t day)
{
    int64_t month = life_month(person, day);
    int64_t before = life_standing(person, month - 1).strain;
    int64_t now = life_standing(person, month).strain;
    return before + (now - before) * life_day_of_month(person, day) / LIFE_MONTH_DAYS;
}

/* Pay day cheers for three days; a pay day without pay worries for the month, less every day. */
static int64_t pay_cheer(const struct simulated_person *person, int64_t day)
{
    int since = life_day_of_month(person, day);
    if (life_money(person, life_month(person, day)).income_cents == 0)
        return -(int64_t)WORRY * (LIFE_MONTH_DAYS - since) / LIFE_MONTH_DAYS;
    return since < CHEER_DAYS ? CHEER : 0;
}

struct life_mood life_mood(const struct simulated_person *person, int64_t day)
{
    uint64_t seed = person->seed;
    int64_t block = day / BLOCK_DAYS;
    int64_t at = day + 2 * person->pay_day; /* waves do not break on the same day for all */
    int64_t softness = 1250000 - person->resilience;
    int64_t life = news(person, block, day) + news(person, block - 1, day);
    int64_t cheer = pay_cheer(person, day);
    int64_t trouble = chance_times(softness, chance_times(TROUBLE, strain_of(person, day)));
    int64_t touched = chance_times(softness, chance_times(TOUCHED, life));
    int64_t slow_positivity = chance_wave(seed, LIFE_SLOW_POSITIVITY, at, SLOW_DAYS);
    int64_t week_positivity = chance_wave(seed, LIFE_WEEK_POSITIVITY, at, WEEK_DAYS);
    int64_t slow_stress = chance_wave(seed, LIFE_SLOW_STRESS, at, SLOW_DAYS);
    int64_t week_stress = chance_wave(seed, LIFE_WEEK_STRESS, at, WEEK_DAYS);
    return (struct life_mood){
        .positivity = person->positivity + cheer + touched - trouble * 3 / 4 +
                      chance_times(SLOW_POSITIVITY, slow_positivity) +
                      chance_times(WEEK_POSITIVITY, week_positivity),
        .stress = person->stress - cheer / 2 - touched + trouble +
                  chance_times(SLOW_STRESS, slow_stress) + chance_times(WEEK_STRESS, week_stress),
    };
}

/* The frail and the strained fall silent more often: a chance of 0.07 × e^(frailty + 1.5 strain)
 * in two months, for 6 to 30 days. */
static bool silence_covers(const struct simulated_person *person, int64_t block, int64_t day)
{
    uint64_t state = chance_of(person->seed, LIFE_SILENCE, (uint64_t)block);
    int64_t first = block * BLOCK_DAYS + chance_below(splitmix_next(&state), BLOCK_DAYS);
    int64_t days = 6 + chance_below(splitmix_next(&state), 25);
    if (day < first || day >= first + days)
        return false;
    int64_t strain = life_standing(person, life_month(person, first)).strain;
    int64_t likely = chance_times(
        70000, chance_exp(chance_times(1000000, person->frailty) + chance_times(1500000, strain)));
    return chance_below(splitmix_next(&state), MILLIONTHS) < likely;
}

bool life_is_silent(const struct simulated_person *person, int64_t day)
{
    int64_t block = day / BLOCK_DAYS;
    return silence_covers(person, block, day) || silence_covers(person, block - 1, day);
}

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

/* Probability of a default in a month, in millionths. */
static int64_t hazard_of(const struct simulated_person *person, int64_t month)
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
struct life_outcome life_outcome(const struct simulated_person *person, int64_t day)
{
    int64_t month = life_month(person, day);
    int64_t hazard = hazard_of(person, month), survives = MILLIONTHS;
    for (int i = 0; i < MONTHS; i++)
        survives = chance_times(survives, MILLIONTHS - hazard);
    assert(hazard >= 0 && survives >= 0 && survives <= MILLIONTHS);
    uint64_t drawn = chance_of(person->seed, LIFE_DEFAULT, (uint64_t)month);
    return (struct life_outcome){
        .probability = (int32_t)(MILLIONTHS - survives),
        .defaulted = chance_below(drawn, MILLIONTHS) < MILLIONTHS - survives,
    };
}
