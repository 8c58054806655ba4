/* SPDX-License-Identifier: Apache-2.0 */
#include "commands/options.h"

#include <string.h>

#include "../unit.h"

struct given {
    const char *name;
    const char *since;
    int64_t since_us;
    int64_t people;
    int taken;
};

static bool take(void *context, const char *value)
{
    struct given *given = context;
    given->taken++;
    return strcmp(value, "good") == 0;
}

/* Reads up to five arguments; NULL ends them. */
static bool read_into(struct given *given, const char **word, const char *const arguments[5])
{
    const struct command_option table[] = {
        {"--name", .text = &given->name},
        {"--people", .number = &given->people, .least = 1, .most = 10},
        {"--since", .text = &given->since, .time_us = &given->since_us},
        {"--role", .take = take, .context = given},
        {0},
    };
    char *argv[] = {"test", NULL, NULL, NULL, NULL, NULL, NULL};
    int argc = 1;
    for (int i = 0; i < 5 && arguments[i] != NULL; i++)
        argv[argc++] = (char *)arguments[i];
    *given = (struct given){.people = 3};
    return options_read(argc, argv, table, word);
}

static void values_go_where_the_table_says(void **state)
{
    (void)state;
    struct given given;
    assert_true(read_into(&given, NULL, (const char *[5]){"--name", "--people", "--people", "10"}));
    assert_string_equal(given.name, "--people");
    assert_int_equal(given.people, 10);
    assert_true(read_into(&given, NULL, (const char *[5]){"--since=1970-01-02T00:00:00Z"}));
    assert_string_equal(given.since, "1970-01-02T00:00:00Z");
    assert_int_equal(given.since_us, 86400000000);
    assert_int_equal(given.people, 3);
    assert_null(given.name);
    assert_true(read_into(&given, NULL, (const char *[5]){"--role=good", "--role", "good"}));
    assert_int_equal(given.taken, 2);
}

static void one_word_may_stand_beside_them(void **state)
{
    (void)state;
    struct given given;
    const char *word = NULL;
    assert_true(read_into(&given, &word, (const char *[5]){"--people", "1", "file", "--name="}));
    assert_string_equal(word, "file");
    assert_string_equal(given.name, "");
    word = NULL;
    assert_false(read_into(&given, &word, (const char *[5]){"file", "other"}));
    assert_false(read_into(&given, NULL, (const char *[5]){"file"}));
}

static void what_is_wrong_is_refused(void **state)
{
    static const char *const wrong[][5] = {
        {"--people"},
        {"--people", "0"},
        {"--people", "11"},
        {"--people", "1x"},
        {"--people="},
        {"--peopl", "1"},
        {"--people1", "1"},
        {"-p"},
        {"--role", "evil"},
        {"--since", "monday"},
        {"--people=0", "--name", "x"},
    };
    (void)state;
    struct given given;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(read_into(&given, NULL, wrong[i]));
        assert_int_equal(given.people, 3);
    }
    assert_string_equal(given.name, "x"); /* all are read, to tell every fault at once */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_go_where_the_table_says),
        cmocka_unit_test(one_word_may_stand_beside_them),
        cmocka_unit_test(what_is_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
