/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population_group.h"

#include <assert.h>
#include <string.h>

/* Reads digits up to `end`, which must follow; NULL if there are none, or more than `max`. */
static const char *digits_read(const char *text, char end, uint64_t max, uint64_t *number)
{
    const char *at = text;
    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (*number > (max - digit) / 10)
            return NULL;
        *number = *number * 10 + digit;
    }
    return at > text && *at == end ? at + 1 : NULL;
}

int population_group(const char *email)
{
    static const char prefix[] = "person-";
    uint64_t seed, number;
    if (strncmp(email, prefix, sizeof prefix - 1) != 0)
        return PERSONA_COUNT;
    const char *rest = digits_read(email + sizeof prefix - 1, '-', INT64_MAX, &seed);
    if (rest != NULL)
        rest = digits_read(rest, '@', UINT32_MAX, &number);
    if (rest == NULL || strcmp(rest, "example.com") != 0)
        return PERSONA_COUNT;
    return (int)population_person(seed, (uint32_t)number).persona;
}

const char *population_group_name(int group)
{
    assert(group >= 0 && group < POPULATION_GROUPS);
    return group == PERSONA_COUNT ? "others" : persona_name((enum persona)group);
}
