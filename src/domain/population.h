/* SPDX-License-Identifier: Apache-2.0
 *
 * seed, number of a person, day → what that person feels and pays on that day. Pure and
 * repeatable: any day can be drawn by itself, and drawn again it is the same, to the bit.
 *
 * A person has a persona (personas.def) and gets pay every 30th day. Moods drift
 * from week to week, swing within the day, rise when pay has come and sink after a day of large
 * payments.
 */
#ifndef ECS_DOMAIN_POPULATION_H
#define ECS_DOMAIN_POPULATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum persona {
#define PERSONA(name, share, positivity, stress, payments, cents, pay) PERSONA_##name,
#include "domain/personas.def"
#undef PERSONA
    PERSONA_COUNT
};

enum { POPULATION_DAY_EVENTS_MAX = 32 };

struct simulated_person {
    uint64_t seed; /* of all that is drawn for this person */
    enum persona persona;
    int pay_day; /* of 30 days */
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
struct simulated_person population_person(uint64_t seed, uint32_t number);
/* The events of a day (days since 1970), ascending by time. Returns how many. */
size_t population_day(const struct simulated_person *person, int64_t day,
                      struct simulated_event events[POPULATION_DAY_EVENTS_MAX]);
/* One more event, out of turn, at `at_us`; `number` tells it from others of that day. */
struct simulated_event population_event(const struct simulated_person *person, int64_t at_us,
                                        uint64_t number);

#endif
