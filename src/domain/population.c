/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/population.h"

#include "limits.h"

enum {
    DAYS_OF_MONTH = 30,
    FEELINGS_A_DAY = 8,
    PAYMENT_SHARE = 11, /* of 11 events of a day, FEELINGS_A_DAY are feelings */
    WAKING_HOUR = 7,
    WAKING_HOURS = 16,
    DRIFT = 160000,      /* millionths: how far a week's mood lies from the persona's, at most */
    SWING = 300000,      /* and a feeling from its day's */
    PAY_CHEER = 120000,  /* for three days from pay day on */
    LARGE_WORRY = 150000 /* on a day of large payments */
};

struct traits {
    const char *name;
    int share;
    int32_t positivity;
    int32_t stress;
    int payments_tenths;
    int64_t payment_cents;
    int64_t pay_cents;
};

static const struct traits all_traits[PERSONA_COUNT] = {
#define PERSONA(name, share, positivity, stress, payments, cents, pay)                             \
    {#name, share, (positivity)*1000, (stress)*1000, payments, cents, pay},
#include "domain/personas.def"
#undef PERSONA
};

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t word = *state += 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
}

static uint64_t random_of(uint64_t seed, uint64_t part)
{
    uint64_t state = seed ^ (part * 0xd1342543de82ef95u);
    (void)random_next(&state);
    return random_next(&state);
}

static int64_t random_below(uint64_t *state, int64_t end)
{
    return (int64_t)(random_next(state) % (uint64_t)end);
}

/* −range to range, more often near 0: the mean of two even draws. */
static int64_t random_swing(uint64_t *state, int64_t range)
{
    return (random_below(state, 2 * range + 1) + random_below(state, 2 * range + 1)) / 2 - range;
}

const char *persona_name(enum persona persona)
{
    return all_traits[persona].name;
}

struct simulated_person population_person(uint64_t seed, uint32_t number)
{
    struct simulated_person person = {.seed = random_of(seed, number + 1)};
    uint64_t state = person.seed;
    int64_t ticket = random_below(&state, 100);
    int persona = 0;
    while (persona < PERSONA_COUNT - 1 && ticket >= all_traits[persona].share)
        ticket -= all_traits[persona++].share;
    person.persona = (enum persona)persona;
    person.pay_day = (int)random_below(&state, DAYS_OF_MONTH);
    return person;
}

/* A slow drift: between two weeks' draws in a straight line. */
static int64_t drift(const struct simulated_person *person, int64_t day, uint64_t kind)
{
    int64_t week = day / 7, part = day % 7;
    int64_t from = (int64_t)(random_of(person->seed ^ kind, (uint64_t)week) % (2 * DRIFT)) - DRIFT;
    int64_t to =
        (int64_t)(random_of(person->seed ^ kind, (uint64_t)week + 1) % (2 * DRIFT)) - DRIFT;
    return from + (to - from) * part / 7;
}

static int32_t share(int64_t value)
{
    return (int32_t)(value < 0 ? 0 : value > MILLIONTHS ? MILLIONTHS : value);
}

/* What a day is like before any single feeling. */
struct mood {
    int64_t positivity;
    int64_t stress;
    bool spends_much; /* one day in ten */
};

static struct mood mood_of(const struct simulated_person *person, int64_t day)
{
    const struct traits *traits = &all_traits[person->persona];
    int64_t since_pay = (day - person->pay_day) % DAYS_OF_MONTH;
    int64_t cheer = since_pay >= 0 && since_pay < 3 ? PAY_CHEER : 0;
    struct mood mood = {
        .positivity = traits->positivity + drift(person, day, 1) + cheer,
        .stress = traits->stress + drift(person, day, 2) - cheer / 2,
        .spends_much = random_of(person->seed ^ 3, (uint64_t)day) % 10 == 0,
    };
    if (mood.spends_much) {
        mood.positivity -= LARGE_WORRY / 2;
        mood.stress += LARGE_WORRY;
    }
    return mood;
}

static const char *feeling_name(int32_t positivity, int32_t stress)
{
    if (stress >= STRESS_THRESHOLD_MILLIONTHS)
        return positivity < MILLIONTHS / 3 ? "fear" : "tension";
    if (positivity >= 2 * MILLIONTHS / 3)
        return "joy";
    return positivity < MILLIONTHS / 3 ? "sadness" : "calm";
}

static void feel(struct simulated_event *event, const struct mood *mood, uint64_t *state)
{
    event->positivity = share(mood->positivity + random_swing(state, SWING));
    event->stress = share(mood->stress + random_swing(state, SWING));
    event->intensity = share(MILLIONTHS / 2 + random_swing(state, MILLIONTHS / 2));
    event->feeling = feeling_name(event->positivity, event->stress);
}

static void pay(struct simulated_event *event, const struct traits *traits, const struct mood *mood,
                uint64_t *state)
{
    static const char *const categories[] = {"groceries", "transport", "restaurants", "clothes",
                                             "housing",   "health",    "leisure"};
    enum { CATEGORY_COUNT = sizeof categories / sizeof categories[0] };
    event->is_payment = true;
    event->category = categories[random_below(state, CATEGORY_COUNT)];
    event->amount_cents = 100 + random_below(state, 2 * traits->payment_cents);
    if (mood->spends_much)
        event->amount_cents *= 3;
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

size_t population_day(const struct simulated_person *person, int64_t day,
                      struct simulated_event events[POPULATION_DAY_EVENTS_MAX])
{
    const struct traits *traits = &all_traits[person->persona];
    struct mood mood = mood_of(person, day);
    uint64_t state = random_of(person->seed ^ 4, (uint64_t)day);
    size_t count = 0;
    int64_t payments = (traits->payments_tenths + random_below(&state, 10)) / 10;
    for (int64_t i = 0; i < FEELINGS_A_DAY + payments; i++) {
        struct simulated_event *event = &events[count++];
        *event = (struct simulated_event){
            .at_us =
                day * DAY_US + WAKING_HOUR * HOUR_US + random_below(&state, WAKING_HOURS * HOUR_US),
        };
        if (i < FEELINGS_A_DAY)
            feel(event, &mood, &state);
        else
            pay(event, traits, &mood, &state);
    }
    if ((day - person->pay_day) % DAYS_OF_MONTH == 0)
        events[count++] = (struct simulated_event){
            .at_us = day * DAY_US + WAKING_HOUR * HOUR_US,
            .is_payment = true,
            .is_income = true,
            .amount_cents = traits->pay_cents,
            .category = "salary",
        };
    sort_by_time(events, count);
    return count;
}

struct simulated_event population_event(const struct simulated_person *person, int64_t at_us,
                                        uint64_t number)
{
    struct mood mood = mood_of(person, at_us / DAY_US);
    uint64_t state = random_of(person->seed ^ 5, (uint64_t)at_us ^ number);
    struct simulated_event event = {.at_us = at_us};
    if (random_below(&state, PAYMENT_SHARE) < FEELINGS_A_DAY)
        feel(&event, &mood, &state);
    else
        pay(&event, &all_traits[person->persona], &mood, &state);
    return event;
}
