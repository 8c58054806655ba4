/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/rates.h"

#include <assert.h>
#include <stdio.h>

#include "base/hash.h"

enum { KEY_SIZE = 128 };

bool rate_pass(struct role_context *context, const char *what, struct slice address,
               int64_t per_second_max)
{
    assert(per_second_max > 0);
    char key[KEY_SIZE];
    int64_t total;
    snprintf(key, sizeof key, "%s:%.*s:%lld", what, (int)address.size, address.data,
             (long long)(clock_now_us(context->clock) / SECOND_US));
    return cache_increment(context->cache, key, 1, 2 * SECOND_US, &total) != STATUS_OK ||
           total <= per_second_max;
}

static bool has_room(struct letter_rate *rate, int64_t cost_us, int64_t full_us, int64_t now_us)
{
    rate->left_us -= now_us - rate->at_us;
    if (rate->left_us < 0)
        rate->left_us = 0;
    rate->at_us = now_us;
    return rate->left_us + cost_us <= full_us;
}

/* Place 0 is of those without a name. */
static size_t person_place(const struct uuid *person)
{
    if (person == NULL)
        return 0;
    return 1 + (person->bytes[14] << 8 | person->bytes[15]) % (LETTER_RATES_MAX - 1);
}

static size_t producer_place(struct slice producer)
{
    if (producer.size == 0)
        return 0;
    struct hash hash = hash_of(&producer, 1);
    return 1 + (hash.bytes[0] << 8 | hash.bytes[1]) % (PRODUCER_RATES_MAX - 1);
}

enum letter_verdict letter_rates_take(struct letter_rates *rates, const struct uuid *person,
                                      struct slice producer, size_t bytes, int64_t now_us)
{
    const int64_t letter_us = SECOND_US / LETTERS_PER_SECOND;
    const int64_t bytes_us = (int64_t)bytes * (BUS_DEAD_LETTER_AGE_US / PRODUCER_LETTER_BYTES);
    struct letter_rate *of_person = &rates->persons[person_place(person)];
    struct letter_rate *of_producer = &rates->producers[producer_place(producer)];
    bool limits_person = person != NULL || producer.size == 0;
    if (limits_person && !has_room(of_person, letter_us, LETTERS_AT_ONCE * letter_us, now_us))
        return LETTER_PERSON_FLOODS;
    if (!has_room(of_producer, bytes_us, BUS_DEAD_LETTER_AGE_US, now_us))
        return LETTER_PRODUCER_FLOODS;
    if (limits_person)
        of_person->left_us += letter_us;
    of_producer->left_us += bytes_us;
    assert(of_person->left_us <= LETTERS_AT_ONCE * letter_us);
    assert(of_producer->left_us <= BUS_DEAD_LETTER_AGE_US);
    return LETTER_KEPT;
}
