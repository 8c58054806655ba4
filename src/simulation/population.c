/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population.h"

#include <assert.h>
#include <string.h>

#include "base/splitmix.h"
#include "base/text.h"
#include "limits.h"
#include "simulation/chance.h"
#include "simulation/life.h"

enum {
    FEELINGS_MIN = 6, /* a day; as many as FEELINGS_SPAN more for the most sociable */
    FEELINGS_SPAN = 4,
    PAYMENTS_MAX = 20, /* of a day; with feelings, rent and pay the events of a day have room */
    FEELINGS_OF = 8,   /* of 11 events out of turn */
    EVENTS_OF = 11,
    WAKING_HOUR = 7,
    WAKING_HOURS = 16,
    RENT_DAY = 2,              /* after pay day */
    RENT_SHARE = 300000,       /* of a month's spending */
    SWING = 300000,            /* millionths: how far a feeling lies from its day's mood, at most */
    SPREE_WORRY = 120000,      /* on a day of large payments */
    LAST_REGISTRATION = 20453, /* 2025-12-31 */
    REGISTRATION_DAYS = 2000
};

struct person_kind {
    const char *name;
    int share;
    int64_t positivity;
    int64_t stress;
    int64_t payments_day;
    int64_t thrift;
    int64_t pay_cents;
    int64_t stability;
};

static const struct person_kind kinds[PERSONA_COUNT] = {
#define PERSONA(name, share, positivity, stress, payments, thrift, pay, stability)                 \
    {#name,          share, (positivity)*1000, (stress)*1000, (payments)*100000,                   \
     (thrift)*10000, pay,   (stability)*10000},
#include "simulation/personas.def"
#undef PERSONA
};

const char *persona_name(enum persona persona)
{
    assert(persona < PERSONA_COUNT);
    return kinds[persona].name;
}

static enum persona persona_draw(uint64_t *state)
{
    int64_t ticket = chance_below(splitmix_next(state), 100);
    int persona = 0;
    while (persona < PERSONA_COUNT - 1 && ticket >= kinds[persona].share)
        ticket -= kinds[persona++].share;
    return (enum persona)persona;
}

/* mean + deviation × a normal draw, kept within bounds. */
static int64_t trait(uint64_t *state, int64_t mean, int64_t deviation, int64_t least, int64_t most)
{
    int64_t drawn = mean + chance_times(deviation, chance_normal(splitmix_next(state)));
    return chance_clamp(drawn, least, most);
}

struct simulated_person population_person(uint64_t seed, uint32_t number)
{
    struct simulated_person person = {.seed = chance_of(seed, LIFE_TRAITS, number)};
    uint64_t state = person.seed;
    person.persona = persona_draw(&state);
    const struct person_kind *kind = &kinds[person.persona];
    person.pay_day = (int)chance_below(splitmix_next(&state), LIFE_MONTH_DAYS);
    int64_t level = chance_exp(trait(&state, 0, 280000, -900000, 900000));
    person.pay_cents = chance_times(kind->pay_cents, level);
    person.thrift = trait(&state, kind->thrift, 160000, 300000, 1250000);
    person.stability = trait(&state, kind->stability, 100000, 300000, MILLIONTHS);
    person.resilience = trait(&state, 500000, 180000, 0, MILLIONTHS);
    person.sociability = trait(&state, 500000, 200000, 0, MILLIONTHS);
    int64_t gloom = chance_normal(splitmix_next(&state)); /* stress and low spirits come together */
    person.stress = trait(&state, kind->stress, 40000, 0, MILLIONTHS) + chance_times(60000, gloom);
    person.positivity =
        trait(&state, kind->positivity, 40000, 0, MILLIONTHS) - chance_times(50000, gloom);
    person.wealth = chance_exp(trait(&state, -700000, 600000, -4000000, 1500000));
    person.frailty = chance_normal(splitmix_next(&state));
    person.payments_day =
        chance_times(kind->payments_day, 700000 + chance_times(600000, person.sociability));
    assert(person.pay_cents > 0 && person.payments_day > 0); /* shares of them are drawn */
    int64_t recent = chance_below(splitmix_next(&state), MILLIONTHS);
    int64_t age = chance_times(recent, recent) * REGISTRATION_DAYS / MILLIONTHS;
    person.registered_us = (LAST_REGISTRATION - age) * DAY_US;
    return person;
}

/* −range to range, more often near 0: the mean of two even draws. */
static int64_t swing(uint64_t *state, int64_t range)
{
    return (chance_below(splitmix_next(state), 2 * range + 1) +
            chance_below(splitmix_next(state), 2 * range + 1)) /
               2 -
           range;
}

static int32_t share(int64_t value)
{
    return (int32_t)chance_clamp(value, 0, MILLIONTHS);
}

/* A day as its events see it. */
struct day {
    struct life_mood mood;
    int64_t payment_cents; /* mean */
    int64_t payments;      /* mean, millionths */
    int64_t month_cents;   /* spent in the month that the day is of */
    bool silent;
};

/* One day in sixteen for the calm, one in six for the very stressed. */
static bool is_spree(const struct simulated_person *person, int64_t day,
                     const struct life_mood *mood)
{
    int64_t likely = 60000 + chance_times(110000, chance_clamp(mood->stress, 0, MILLIONTHS));
    return chance_below(chance_of(person->seed, LIFE_SPREE, (uint64_t)day), MILLIONTHS) < likely;
}

static struct day day_of(const struct simulated_person *person, int64_t day)
{
    struct day today = {
        .mood = life_mood(person, day),
        .payments = person->payments_day,
        .month_cents = life_money(person, life_month(person, day)).spending_cents,
        .silent = life_is_silent(person, day),
    };
    int64_t daily = chance_times(today.month_cents, MILLIONTHS - RENT_SHARE) / LIFE_MONTH_DAYS;
    int64_t mean = daily * MILLIONTHS / today.payments, since = life_day_of_month(person, day);
    /* More is spent when pay has come, and less towards its end: 1.3 down to 0.7. */
    today.payment_cents = chance_times(mean, 1300000 - since * 600000 / (LIFE_MONTH_DAYS - 1));
    if (is_spree(person, day, &today.mood)) {
        today.payment_cents = today.payment_cents * 5 / 2;
        today.mood.positivity -= SPREE_WORRY / 2;
        today.mood.stress += SPREE_WORRY;
    } else {
        today.payment_cents = today.payment_cents * 17 / 20; /* what sprees take */
    }
    return today;
}

static const char *feeling_name(int32_t positivity, int32_t stress)
{
    if (stress >= STRESS_THRESHOLD_MILLIONTHS)
        return positivity < MILLIONTHS / 3 ? "fear" : "tension";
    if (positivity >= 2 * MILLIONTHS / 3)
        return "joy";
    return positivity < MILLIONTHS / 3 ? "sadness" : "calm";
}

static void feel(struct simulated_event *event, const struct day *today, uint64_t *state)
{
    event->positivity = share(today->mood.positivity + swing(state, SWING));
    event->stress = share(today->mood.stress + swing(state, SWING));
    event->intensity = share(MILLIONTHS / 2 + swing(state, MILLIONTHS / 2));
    event->feeling = feeling_name(event->positivity, event->stress);
}

/* Amounts are lognormal around the day's mean: e^(0.6 z − 0.18). */
static void pay(struct simulated_event *event, const struct day *today, uint64_t *state)
{
    static const char *const categories[] = {"groceries", "transport", "restaurants",
                                             "clothes",   "health",    "leisure"};
    enum { CATEGORY_COUNT = sizeof categories / sizeof categories[0] };
    int64_t spread = chance_times(600000, chance_normal(splitmix_next(state))) - 180000;
    event->is_payment = true;
    event->category = categories[chance_below(splitmix_next(state), CATEGORY_COUNT)];
    event->amount_cents = 1 + chance_times(today->payment_cents, chance_exp(spread));
}

/* Few enough for insertion. */
static void sort_by_time(struct simulated_event events[], size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct simulated_event event = events[i];
        size_t place = i;
        for (; place > 0 && events[place - 1].at_us > event.at_us; place--)
            events[place] = events[place - 1];
        events[place] = event;
    }
}

/* `mean` millionths on average: the whole part, and one more by chance. */
static int64_t some(int64_t mean, uint64_t *state)
{
    return (mean + chance_below(splitmix_next(state), MILLIONTHS)) / MILLIONTHS;
}

/* Rent and pay, on their days of the month. */
static size_t monthly(const struct simulated_person *person, int64_t day, const struct day *today,
                      struct simulated_event *event)
{
    int day_of_month = life_day_of_month(person, day);
    int64_t income = life_money(person, life_month(person, day)).income_cents;
    bool pays_rent = day_of_month == RENT_DAY && !today->silent;
    if (!pays_rent && (day_of_month != 0 || income == 0))
        return 0;
    *event = (struct simulated_event){
        .at_us = day * DAY_US + WAKING_HOUR * HOUR_US,
        .is_payment = true,
        .is_income = !pays_rent,
        .amount_cents = pays_rent ? 1 + chance_times(today->month_cents, RENT_SHARE) : income,
        .category = pays_rent ? "housing" : "salary",
    };
    return 1;
}

size_t population_day(const struct simulated_person *person, int64_t day,
                      struct simulated_event events[POPULATION_DAY_EVENTS_MAX])
{
    struct day today = day_of(person, day);
    uint64_t state = chance_of(person->seed, LIFE_DAY, (uint64_t)day);
    int64_t feelings =
        some(FEELINGS_MIN * MILLIONTHS + FEELINGS_SPAN * person->sociability, &state);
    int64_t payments = some(today.payments, &state);
    payments = today.silent ? 0 : chance_clamp(payments, 0, PAYMENTS_MAX);
    const int64_t wakes_us = day * DAY_US + WAKING_HOUR * HOUR_US;
    size_t count = 0;
    for (int64_t i = 0; i < feelings + payments; i++) {
        struct simulated_event *event = &events[count++];
        int64_t since_us = chance_below(splitmix_next(&state), WAKING_HOURS * HOUR_US);
        *event = (struct simulated_event){.at_us = wakes_us + since_us};
        if (i < feelings)
            feel(event, &today, &state);
        else
            pay(event, &today, &state);
    }
    assert(count < POPULATION_DAY_EVENTS_MAX);
    count += monthly(person, day, &today, &events[count]);
    sort_by_time(events, count);
    return count;
}

struct simulated_event population_event(const struct simulated_person *person, int64_t at_us,
                                        uint64_t number)
{
    struct day today = day_of(person, at_us / DAY_US);
    uint64_t state = chance_of(person->seed, LIFE_EVENT, (uint64_t)at_us ^ number << 40);
    struct simulated_event event = {.at_us = at_us};
    if (today.silent || chance_below(splitmix_next(&state), EVENTS_OF) < FEELINGS_OF)
        feel(&event, &today, &state);
    else
        pay(&event, &today, &state);
    return event;
}

int population_group(const char *email)
{
    static const char prefix[] = "person-";
    uint64_t seed, number;
    const char *end = strchr(email, '@');
    if (strncmp(email, prefix, sizeof prefix - 1) != 0 || end == NULL)
        return PERSONA_COUNT;
    const char *first = email + sizeof prefix - 1;
    const char *second = memchr(first, '-', (size_t)(end - first));
    if (second == NULL || strcmp(end, "@example.com") != 0 ||
        !text_number((struct slice){first, (size_t)(second - first)}, INT64_MAX, &seed) ||
        !text_number((struct slice){second + 1, (size_t)(end - second - 1)}, UINT32_MAX, &number))
        return PERSONA_COUNT;
    return (int)population_person(seed, (uint32_t)number).persona;
}

const char *population_group_name(int group)
{
    assert(group >= 0 && group < POPULATION_GROUPS);
    return group == PERSONA_COUNT ? "others" : persona_name((enum persona)group);
}

static void emotion_lay(struct person_tiles *tiles, const struct simulated_event *event)
{
    struct emotion_tile tile = emotion_tile_of(&(struct emotion_event){
        .occurred_at_us = event->at_us,
        .positivity = event->positivity,
        .intensity = event->intensity,
        .stress = event->stress,
    });
    size_t count = tiles->emotion_count;
    assert(count == 0 || tiles->emotions[count - 1].hour_us <= tile.hour_us);
    if (count > 0 && tiles->emotions[count - 1].hour_us == tile.hour_us)
        emotion_tile_merge(&tiles->emotions[count - 1], &tile);
    else
        tiles->emotions[tiles->emotion_count++] = tile;
}

static void transaction_lay(struct person_tiles *tiles, const struct simulated_event *event)
{
    struct transaction_tile tile = transaction_tile_of(&(struct transaction_event){
        .occurred_at_us = event->at_us,
        .amount_cents = event->amount_cents,
        .direction = event->is_income ? TRANSACTION_IN : TRANSACTION_OUT,
    });
    size_t count = tiles->transaction_count;
    assert(count == 0 || tiles->transactions[count - 1].day_us <= tile.day_us);
    if (count > 0 && tiles->transactions[count - 1].day_us == tile.day_us)
        transaction_tile_merge(&tiles->transactions[count - 1], &tile);
    else
        tiles->transactions[tiles->transaction_count++] = tile;
}

void population_tiles(const struct simulated_person *person, int64_t as_of_us,
                      struct person_tiles *tiles)
{
    struct simulated_event events[POPULATION_DAY_EVENTS_MAX];
    int64_t emotions_from_us = features_emotions_from_us(as_of_us);
    int64_t transactions_from_us = features_transactions_from_us(as_of_us);
    tiles->registered_us = person->registered_us;
    tiles->emotion_count = 0;
    tiles->transaction_count = 0;
    for (int64_t day = transactions_from_us / DAY_US; day <= as_of_us / DAY_US; day++) {
        size_t count = population_day(person, day, events);
        for (size_t i = 0; i < count && events[i].at_us <= as_of_us; i++) {
            if (events[i].is_payment)
                transaction_lay(tiles, &events[i]);
            else if (events[i].at_us >= emotions_from_us)
                emotion_lay(tiles, &events[i]);
        }
    }
    assert(tiles->emotion_count <= EMOTION_TILES_MAX);
    assert(tiles->transaction_count <= TRANSACTION_TILES_MAX);
}
