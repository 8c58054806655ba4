/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/features_json.h"

#include "../unit.h"
#include "base/json_put.h"

static const struct features features = {{12, 4550, 600001, 3}};
static struct field_errors errors;
static char reason[REASON_MAX + 1];

static void features_go_there_and_back(void **state)
{
    (void)state;
    struct features out;
    struct buf json;
    buf_init(&json, 4096);
    json_put_open(&json, '{');
    features_encode(&features, &json);
    json_put_close(&json, '}');
    assert_string_equal(json.data,
                        "{\"transaction_count_30d\":12,\"avg_transaction_value_30d\":45.50,"
                        "\"avg_positivity_7d\":0.600001,\"stress_events_30d\":3}");
    assert_int_equal(features_decode(buf_slice(&json), &out, &errors, reason), STATUS_OK);
    assert_memory_equal(&out, &features, sizeof out);
    buf_free(&json);
}

static void every_feature_is_needed_and_in_range(void **state)
{
    (void)state;
    struct features out;
    assert_int_equal(features_decode(slice_of("{}"), &out, &errors, reason), STATUS_INVALID);
    assert_int_equal(errors.count, FEATURE_COUNT);
    assert_int_equal(features_decode(slice_of("[]"), &out, &errors, reason), STATUS_INVALID);
    assert_int_equal(features_decode(slice_of("{"), &out, &errors, reason), STATUS_MALFORMED);
    assert_int_equal(
        features_decode(slice_of("{\"transaction_count_30d\":-1,\"avg_transaction_value_30d\":1,"
                                 "\"avg_positivity_7d\":1.1,\"stress_events_30d\":0}"),
                        &out, &errors, reason),
        STATUS_INVALID);
    assert_int_equal(errors.count, 2);
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
        cmocka_unit_test(every_feature_is_needed_and_in_range),
        cmocka_unit_test(a_snapshot_goes_there_and_back),
        cmocka_unit_test(what_lies_in_a_cache_may_be_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
