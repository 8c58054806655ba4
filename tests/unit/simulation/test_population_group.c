/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation/population_group.h"

#include <stdio.h>

#include "../unit.h"

static void people_of_a_simulation_are_in_their_personas_group(void **state)
{
    static const char *const others[] = {
        "",
        "person-1-2@example.org",
        "person-1-2@example.com.br",
        "person-1-@example.com",
        "person--2@example.com",
        "person-1-2-3@example.com",
        "person-1-4294967296@example.com",
        "person-9223372036854775808-1@example.com",
        "person-99999999999999999999999999-1@example.com",
        "xperson-1-2@example.com",
        "person-1-2",
    };
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(population_group(others[i]), PERSONA_COUNT);
    for (uint32_t number = 0; number < 100; number++) {
        char email[64];
        snprintf(email, sizeof email, "person-%u-%u@example.com", 7u, number);
        assert_int_equal(population_group(email), population_person(7, number).persona);
    }
    assert_string_equal(population_group_name(PERSONA_COUNT), "others");
    assert_int_equal(population_group("person-9223372036854775807-4294967295@example.com"),
                     population_person(INT64_MAX, UINT32_MAX).persona);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(people_of_a_simulation_are_in_their_personas_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
