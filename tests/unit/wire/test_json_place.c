/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_place.h"

#include <stdlib.h>

#include "../unit.h"

static void assert_place(const char *text, const char *path, int line, int column)
{
    struct json_place place = json_place_of(slice_of(text), path);
    if (place.line != line || place.column != column)
        fail_msg("%s in %s: %d:%d, not %d:%d", path, text, place.line, place.column, line, column);
}

static void members_and_elements_are_found(void **state)
{
    (void)state;
    static const char text[] = "{\n"
                               "  \"name\": \"n\",\n"
                               "  \"bands\": [\n"
                               "    {\"risk_to\": 0.5, \"limit\": {\"full\": 1}},\n"
                               "    {\"limit\" : {\"floor\":2,\"full\":[[1, 2], [3]]}}\n"
                               "  ]\n"
                               "}\n";
    static const struct {
        const char *path;
        int line, column;
    } cases[] = {
        {"", 1, 1},
        {"name", 2, 3},
        {"bands", 3, 3},
        {"bands.0", 4, 5},
        {"bands.0.risk_to", 4, 6},
        {"bands.0.limit.full", 4, 32},
        {"bands.1", 5, 5},
        {"bands.1.limit", 5, 6},
        {"bands.1.limit.floor", 5, 17},
        {"bands.1.limit.full", 5, 27},
        {"bands.1.limit.full.0", 5, 35},
        {"bands.1.limit.full.0.1", 5, 39},
        {"bands.1.limit.full.1.0", 5, 44},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_place(text, cases[i].path, cases[i].line, cases[i].column);
}

static void what_is_missing_is_at_what_lacks_it(void **state)
{
    (void)state;
    static const char text[] = " {\"a\": [{\"b\": 1},\n {\"c\": 2}], \"d\": 3}";
    assert_place(text, "x", 1, 2);
    assert_place(text, "a.2", 1, 3);
    assert_place(text, "a.1.b", 2, 2);
    assert_place(text, "a.0.b.c", 1, 10);
    assert_place(text, "d.e", 2, 13);
}

static void indexes_are_not_mixed_up(void **state)
{
    (void)state;
    static const char text[] = "[0,1,2,3,4,5,6,7,8,9,[10],11]";
    assert_place(text, "1", 1, 4);
    assert_place(text, "10", 1, 22);
    assert_place(text, "10.0", 1, 23);
    assert_place(text, "11", 1, 27);
}

static void brackets_in_texts_are_no_brackets(void **state)
{
    (void)state;
    assert_place("{\"a\":\"]}\\\",{[\",\"b\":[\"\\\\\",\"}\",7]}", "b", 1, 16);
    assert_place("{\"a\":\"]}\\\",{[\",\"b\":[\"\\\\\",\"}\",7]}", "b.2", 1, 30);
}

static void columns_count_characters(void **state)
{
    (void)state;
    assert_place("{\"caf\xC3\xA9\": \"\xF0\x9F\x98\x80\", \"b\": 1}", "b", 1, 15);
    assert_place("{\"caf\xC3\xA9\": 1}", "caf\xC3\xA9", 1, 2);
}

static void escapes_in_names_are_understood(void **state)
{
    (void)state;
    assert_place("{\"x\":1,\"caf\\u00e9\":2}", "caf\xC3\xA9", 1, 8);
    assert_place("{\"x\":1,\"\\ud83d\\uDE00\":2}", "\xF0\x9F\x98\x80", 1, 8);
    assert_place("{\"x\":1,\"\\u20AC\":2}", "\xE2\x82\xAC", 1, 8);
    assert_place("{\"x\":1,\"\\\"\\n\\/\\u0041\":2}", "\"\n/A", 1, 8);
}

static void names_with_dots_are_found(void **state)
{
    (void)state;
    assert_place("{\"a\":{\"c\":1},\"a.b\":2}", "a.b", 1, 14);
    assert_place("{\"a\":{\"b\":1},\"a.b\":2}", "a.b", 1, 7);
    assert_place("{\"a.b\":{\"c.d\":{\"e\":1}}}", "a.b.c.d.e", 1, 16);
}

static void line_ends_of_both_kinds_count_once(void **state)
{
    (void)state;
    assert_place("{\r\n \"a\": 1,\r\n\t\"b\": 2}", "b", 3, 2);
}

static void offsets_have_places(void **state)
{
    (void)state;
    struct slice text = slice_of("a\n\xC3\xA9x\n");
    static const int places[][2] = {{1, 1}, {1, 2}, {2, 1}, {2, 2}, {2, 2}, {2, 3}, {3, 1}};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (i == 3)
            continue; /* in the middle of a character */
        struct json_place place = json_place_at(text, i);
        assert_int_equal(place.line, places[i][0]);
        assert_int_equal(place.column, places[i][1]);
    }
    assert_int_equal(json_place_at(text, 99).line, 3);
}

/* Of what is no JSON the place is of no use, but no byte beyond the text is read. */
static void damaged_text_is_survived(void **state)
{
    (void)state;
    static const char text[] =
        "{\"a\":[{\"b\":\"\\ud83d\\ude00\"},[1,{\"c\\u00e9\":2}]],\"d\":null}";
    for (int i = 0; i < 50000; i++) {
        char bytes[sizeof text + 8];
        size_t size = unit_mutate(text, sizeof text - 1, bytes, sizeof bytes);
        char *exact = malloc(size + 1); /* a sanitizer sees what is read behind it */
        assert_non_null(exact);
        memcpy(exact + 1, bytes, size);
        struct json_place place = json_place_of((struct slice){exact + 1, size}, "a.1.1.c\xC3\xA9");
        assert_true(place.line >= 1 && place.column >= 1);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_and_elements_are_found),
        cmocka_unit_test(what_is_missing_is_at_what_lacks_it),
        cmocka_unit_test(indexes_are_not_mixed_up),
        cmocka_unit_test(brackets_in_texts_are_no_brackets),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(escapes_in_names_are_understood),
        cmocka_unit_test(names_with_dots_are_found),
        cmocka_unit_test(line_ends_of_both_kinds_count_once),
        cmocka_unit_test(offsets_have_places),
        cmocka_unit_test(damaged_text_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
