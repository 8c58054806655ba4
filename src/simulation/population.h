/* SPDX-License-Identifier: Apache-2.0
 *
 * seed, number of a person, day → what that person feels and pays on that day. Pure and
 * repeatable: any day can be drawn by itself, and drawn again it is the same, to the bit.
 *
 * A person has a persona (personas.def), traits of their own, and gets pay every 30th day unless
 * work is lost. What they spend and how they feel follows from that: see life.h, and
 * docs/population.md for all formulas.
 */
#ifndef ECS_SIMULATION_POPULATION_H
#define ECS_SIMULATION_POPULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "domain/features.h"

enum persona {
#define PERSONA(name, share, positivity, stress, payments, thrift, pay, stability) PERSONA_##name,
#include "simulation/personas.def"
#undef PERSONA
    PERSONA_COUNT
};

enum { POPULATION_DAY_EVENTS_MAX = 32 };

/* The traits are in millionths; nobody outside the simulation sees them. */
struct simulated_person {
    uint64_t seed; /* of all that is drawn for this person */
    enum persona persona;
    int pay_day; /* of 30 days */
    int64_t registered_us;
    int64_t pay_cents;    /* a month, when all is well */
    int64_t thrift;       /* share of the pay that is spent; above 1: more than comes in */
    int64_t stability;    /* of income, 0 to 1 */
    int64_t resilience;   /* against trouble, 0 to 1 */
    int64_t sociability;  /* 0 to 1: feelings shared, payments in company */
    int64_t positivity;   /* that moods return to */
    int64_t stress;       /* so too */
    int64_t wealth;       /* savings in months of pay, beside what the last months left over */
    int64_t frailty;      /* the part of the risk that nothing tells of; normal */
    int64_t payments_day; /* mean payments a day */
};

struct simulated_event {
    int64_t at_us;
    bool is_payment;
    /* A feeling: its kind, and three values in millionths. */
    const char *feeling;
    int32_t positivity;
    int32_t intensity;
    int32_t stress;
    /* A payment. */
    int64_t amount_cents;
    bool is_income;
    const char *category;
};

const char *persona_name(enum persona persona);
/* Registered between July 2020 and the end of 2025, more of them late than early. */
struct simulated_person population_person(uint64_t seed, uint32_t number);
/* The events of a day (days since 1970, not negative), ascending by time. Returns how many. */
size_t population_day(const struct simulated_person *person, int64_t day,
                      struct simulated_event events[POPULATION_DAY_EVENTS_MAX]);
/* One more event, out of turn, at `at_us`; `number` tells it from others of that day. */
struct simulated_event population_event(const struct simulated_person *person, int64_t at_us,
                                        uint64_t number);

/* Everybody who has an account, parted into groups: one for each persona that `ecs simulate` made,
 * and one for all others. */
enum { POPULATION_GROUPS = PERSONA_COUNT + 1 };

/* The group of the person with this address: their persona, or PERSONA_COUNT for all others. */
int population_group(const char *email);
const char *population_group_name(int group);

/* A simulated person as a store would know them at a moment, which is what a model is trained on:
 * folds the person's events up to `as_of_us` (included) into the tiles that features_compute()
 * needs as of then, ascending by time: the same bits as a store that all of them went through.
 * `as_of_us` is in 1971 or later. */
void population_tiles(const struct simulated_person *person, int64_t as_of_us,
                      struct person_tiles *tiles);

#endif
