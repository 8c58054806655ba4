/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_put.h"

#include <jansson.h>

#include "../unit.h"

static struct buf buf;

static int setup(void **state)
{
    (void)state;
    buf_init(&buf, 4096);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    buf_free(&buf);
    return 0;
}

static void commas_come_by_themselves(void **state)
{
    (void)state;
    json_put_open(&buf, NULL, '{');
    json_put_open(&buf, "a", '[');
    json_put_integer(&buf, NULL, INT64_MIN);
    json_put_boolean(&buf, NULL, true);
    json_put_boolean(&buf, NULL, false);
    json_put_null(&buf, NULL);
    json_put_open(&buf, NULL, '{');
    json_put_close(&buf, '}');
    json_put_open(&buf, NULL, '[');
    json_put_close(&buf, ']');
    json_put_close(&buf, ']');
    json_put_raw(&buf, "b", slice_of("{\"c\":1}"));
    json_put_time(&buf, "d", 1500000);
    json_put_close(&buf, '}');
    assert_string_equal(buf.data, "{\"a\":[-9223372036854775808,true,false,null,{},[]],"
                                  "\"b\":{\"c\":1},\"d\":\"1970-01-01T00:00:01.500000Z\"}");
}

static void decimals_are_exact(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        int places;
        const char *text;
    } cases[] = {
        {835, 2, "8.35"},
        {850, 2, "8.50"},
        {5, 2, "0.05"},
        {-5, 2, "-0.05"},
        {-100, 2, "-1.00"},
        {0, 6, "0.000000"},
        {1000000, 6, "1.000000"},
        {7, 0, "7"},
        {-7, 0, "-7"},
        {INT64_MAX, 9, "9223372036.854775807"},
        {INT64_MIN, 2, "-92233720368547758.08"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        buf_clear(&buf);
        json_put_decimal(&buf, NULL, cases[i].value, cases[i].places);
        assert_string_equal(buf.data, cases[i].text);
    }
}

static void special_characters_are_escaped(void **state)
{
    (void)state;
    json_put_text(&buf, NULL, "\"\\\n\t\x01/\x7f\xc3\xa9");
    assert_string_equal(buf.data, "\"\\\"\\\\\\n\\u0009\\u0001/\x7f\xc3\xa9\"");
}

static void what_is_not_utf8_is_replaced(void **state)
{
    (void)state;
    json_put_bytes(&buf, NULL, (struct slice){"a\xff\xc3z\xe2\x82", 6});
    assert_string_equal(buf.data, "\"a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\"");
}

/* Whatever bytes come, the result is JSON, and valid text comes back as it was. */
static void random_bytes_give_valid_json(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint8_t bytes[24];
        size_t size = unit_random() % sizeof bytes;
        unit_random_bytes(bytes, size);
        if (i % 2 == 0) /* plain ones too */
            for (size_t k = 0; k < size; k++)
                bytes[k] &= 0x7F;
        buf_clear(&buf);
        json_put_bytes(&buf, NULL, (struct slice){(const char *)bytes, size});
        json_t *value = json_loadb(buf.data, buf.size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        assert_non_null(value);
        if (i % 2 == 0) {
            assert_int_equal(json_string_length(value), size);
            assert_memory_equal(json_string_value(value), bytes, size);
        }
        json_decref(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commas_come_by_themselves, setup, teardown),
        cmocka_unit_test_setup_teardown(decimals_are_exact, setup, teardown),
        cmocka_unit_test_setup_teardown(special_characters_are_escaped, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_utf8_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(random_bytes_give_valid_json, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
