/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_json.h"

#include <stdio.h>

#include "../unit.h"
#include "base/embedded.h"

#define APPROVE                                                                                    \
    "{\"risk_to\":0.5,\"decision\":\"approve\",\"credit_type\":\"LOAN\","                          \
    "\"limit\":{\"full\":100.01,\"floor\":1},\"rate_percent\":{\"base\":5.25,\"slope\":15}}"
#define DENY "{\"risk_to\":1,\"decision\":\"deny\",\"reason\":\"No.\"}"
#define POLICY(bands) "{\"name\":\"n\",\"offer_life_days\":7,\"bands\":[" bands "]}"

static struct policy policy;
static char reason[REASON_MAX + 1];

static enum status parse(const char *text)
{
    return policy_parse(slice_of(text), &policy, reason);
}

static void a_policy_is_read(void **state)
{
    (void)state;
    assert_int_equal(parse(POLICY(APPROVE "," DENY)), STATUS_OK);
    assert_string_equal(policy.name, "n");
    assert_int_equal(policy.offer_life_us, 7 * DAY_US);
    assert_int_equal(policy.band_count, 2);
    const struct policy_band *band = &policy.bands[0];
    assert_true(band->approve);
    assert_int_equal(band->risk_to, 500000);
    assert_string_equal(band->credit_type, "LOAN");
    assert_int_equal(band->limit_full_cents, 10001);
    assert_int_equal(band->limit_floor_cents, 100);
    assert_int_equal(band->rate_base_bp, 525);
    assert_int_equal(band->rate_slope_bp, 1500);
    assert_false(policy.bands[1].approve);
    assert_string_equal(policy.bands[1].reason, "No.");
}

static void the_hash_is_of_every_byte(void **state)
{
    (void)state;
    assert_int_equal(parse(POLICY(DENY)), STATUS_OK);
    struct hash hash = policy.hash;
    assert_int_equal(parse(POLICY(DENY)), STATUS_OK);
    assert_int_equal(hash_compare(&hash, &policy.hash), 0);
    assert_int_equal(parse(POLICY(DENY) " "), STATUS_OK);
    assert_int_not_equal(hash_compare(&hash, &policy.hash), 0);
}

static void faults_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *word;
    } cases[] = {
        {"", "JSON"},
        {"[]", "object"},
        {"{}", "name"},
        {"{\"name\":\"\",\"offer_life_days\":7,\"bands\":[" DENY "]}", "name"},
        {"{\"name\":\"n\",\"offer_life_days\":0,\"bands\":[" DENY "]}", "offer_life_days"},
        {"{\"name\":\"n\",\"offer_life_days\":1.5,\"bands\":\"x\"}", "bands"},
        {POLICY(""), "bands"},
        {POLICY("7"), "bands.0"},
        {POLICY(APPROVE), "bands"},
        {POLICY(APPROVE "," APPROVE "," DENY), "bands.1.risk_to"},
        {POLICY("{\"risk_to\":1.000001,\"decision\":\"deny\",\"reason\":\"x\"}"), "risk_to"},
        {POLICY("{\"risk_to\":-0.1,\"decision\":\"deny\",\"reason\":\"x\"}"), "risk_to"},
        {POLICY("{\"risk_to\":1,\"decision\":\"maybe\"}"), "decision"},
        {POLICY("{\"risk_to\":1,\"decision\":\"deny\"}"), "reason"},
        {POLICY("{\"risk_to\":1,\"decision\":\"approve\"}"), "credit_type"},
        {POLICY("{\"risk_to\":1,\"decision\":\"approve\",\"credit_type\":\"X\",\"limit\":{"
                "\"full\":-1,\"floor\":1},\"rate_percent\":{\"base\":1,\"slope\":1}}"),
         "limit.full"},
        {POLICY("{\"risk_to\":1,\"decision\":\"approve\",\"credit_type\":\"X\",\"limit\":{"
                "\"full\":1,\"floor\":1},\"rate_percent\":{\"base\":1}}"),
         "rate_percent.slope"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].text), STATUS_INVALID);
        if (strstr(reason, cases[i].word) == NULL)
            fail_msg("%s: \"%s\" does not name %s", cases[i].text, reason, cases[i].word);
    }
}

static void the_default_policy_is_valid(void **state)
{
    (void)state;
    const struct embedded_file *file = embedded_files;
    while (file->name != NULL && strcmp(file->name, "policy/default.json") != 0)
        file++;
    assert_non_null(file->name);
    assert_int_equal(policy_parse((struct slice){file->data, file->size}, &policy, reason),
                     STATUS_OK);
    struct terms terms = policy_apply(&policy, 600000);
    assert_true(terms.approved);
    assert_int_equal(terms.limit_cents, 400000);
    assert_int_equal(terms.rate_bp, 1400);
    assert_false(policy_apply(&policy, 600001).approved);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_read),
        cmocka_unit_test(the_hash_is_of_every_byte),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(the_default_policy_is_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
