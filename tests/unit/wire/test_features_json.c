/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/features_json.h"

#include <string.h>

#include "../unit.h"
#include "base/json_put.h"

static struct features features;

static int setup(void **state)
{
    (void)state;
    features = features_empty();
    features.values[FEATURE_transaction_count_30d] = 12;
    features.values[FEATURE_avg_transaction_value_30d] = 4550;
    features.values[FEATURE_avg_positivity_7d] = 600001;
    features.values[FEATURE_stress_events_30d] = 3;
    features.values[FEATURE_stress_trend] = -250000;
    return 0;
}

static struct refusal refusal;

static bool read_into(struct features *out, const char *text)
{
    struct fields fields;
    assert_int_equal(fields_open(slice_of(text), &fields, &refusal), STATUS_OK);
    bool good = features_read(&fields, out);
    assert_int_equal(fields_close(&fields, &refusal), good ? STATUS_OK : STATUS_INVALID);
    return good;
}

static void features_go_there_and_back(void **state)
{
    (void)state;
    struct features out;
    struct buf json;
    buf_init(&json, 4096);
    json_put_open(&json, NULL, '{');
    features_encode(&features, &json);
    json_put_close(&json, '}');
    assert_non_null(strstr(json.data, "\"transaction_count_30d\":12,"));
    assert_non_null(strstr(json.data, "\"avg_transaction_value_30d\":45.50,"));
    assert_non_null(strstr(json.data, "\"avg_positivity_7d\":0.600001,"));
    assert_non_null(strstr(json.data, "\"stress_trend\":-0.250000}"));
    assert_true(read_into(&out, json.data));
    assert_memory_equal(&out, &features, sizeof out);
    buf_free(&json);
}

static void the_former_four_are_needed_and_all_are_in_range(void **state)
{
    (void)state;
    struct features out, empty = features_empty();
    assert_false(read_into(&out, "{}"));
    assert_int_equal(refusal.errors.count, 4);
    assert_false(read_into(&out, "{\"transaction_count_30d\":-1,\"avg_transaction_value_30d\":1,"
                                 "\"avg_positivity_7d\":1.1,\"stress_events_30d\":0,"
                                 "\"stress_trend\":-1.1}"));
    assert_int_equal(refusal.errors.count, 3);
    assert_true(read_into(&out, "{\"transaction_count_30d\":0,\"avg_transaction_value_30d\":0,"
                                "\"avg_positivity_7d\":0.5,\"stress_events_30d\":0}"));
    assert_memory_equal(&out, &empty, sizeof out);
}

static void a_snapshot_goes_there_and_back(void **state)
{
    (void)state;
    struct features_snapshot in = {{{1, 2, 3}}, 77, HOUR_US, features}, out;
    struct buf json;
    buf_init(&json, 4096);
    features_snapshot_encode(&in, &json);
    assert_int_equal(features_snapshot_decode(buf_slice(&json), &out), STATUS_OK);
    assert_true(uuid_equal(&in.user_id, &out.user_id));
    assert_int_equal(out.version, 77);
    assert_int_equal(out.period_us, HOUR_US);
    assert_memory_equal(&out.features, &features, sizeof features);
    /* Cut anywhere, it is none. */
    for (size_t size = 0; size < json.size; size++)
        assert_int_not_equal(features_snapshot_decode((struct slice){json.data, size}, &out),
                             STATUS_OK);
    buf_free(&json);
}

static void what_lies_in_a_cache_may_be_anything(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "nonsense", "{}", "null", "[1]", "{\"schema\":99}"};
    struct features_snapshot out;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_not_equal(features_snapshot_decode(slice_of(texts[i]), &out), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(features_go_there_and_back),
        cmocka_unit_test(the_former_four_are_needed_and_all_are_in_range),
        cmocka_unit_test(a_snapshot_goes_there_and_back),
        cmocka_unit_test(what_lies_in_a_cache_may_be_anything),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
