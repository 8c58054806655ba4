/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/policy_json.h"

#include <stdio.h>

#include "../unit.h"

#define APPROVE                                                                                    \
    "{\"risk_to\":0.5,\"decision\":\"approve\",\"credit_type\":\"LOAN\","                          \
    "\"limit\":{\"full\":100.01,\"floor\":1},\"rate_percent\":{\"base\":5.25,\"slope\":15}}"
#define DENY "{\"risk_to\":1,\"decision\":\"deny\",\"reason\":\"No.\"}"
#define HEAD "{\"name\":\"n\",\"offer_life_days\":7,"
#define POLICY(bands) HEAD "\"bands\":[" bands "]}"
#define POLICY_WITH(members) HEAD members ",\"bands\":[" APPROVE "," DENY "]}"

static struct policy policy;
static struct buf report;

static int open_report(void **state)
{
    (void)state;
    buf_init(&report, POLICY_REPORT_MAX);
    return 0;
}

static int close_report(void **state)
{
    (void)state;
    buf_free(&report);
    return 0;
}

static enum status parse(const char *text)
{
    buf_clear(&report);
    return policy_parse(slice_of(text), "p", &policy, &report);
}

static const char *said(void)
{
    return buf_slice(&report).data;
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
    assert_int_equal(report.size, 0);
}

static void what_is_optional_has_a_default(void **state)
{
    (void)state;
    assert_int_equal(parse(POLICY(DENY)), STATUS_OK);
    assert_int_equal(policy.emotion_guard, GUARD_MAY_ONLY_HELP);
    assert_int_equal(policy.exposure_cap_cents, 0);
    assert_int_equal(policy.cooling_off_us, 0);
    assert_int_equal(policy.rate_cap_bp, 0);
    assert_int_equal(parse(POLICY_WITH("\"$schema\":\"s\",\"emotion_guard\":\"full\","
                                       "\"exposure_cap\":50.5,\"cooling_off_hours\":8760,"
                                       "\"rate_cap_percent\":12.75")),
                     STATUS_OK);
    assert_int_equal(policy.emotion_guard, GUARD_FULL);
    assert_int_equal(policy.exposure_cap_cents, 5050);
    assert_int_equal(policy.cooling_off_us, 8760 * HOUR_US);
    assert_int_equal(policy.rate_cap_bp, 1275);
    assert_int_equal(parse(POLICY_WITH("\"emotion_guard\":\"off\"")), STATUS_OK);
    assert_int_equal(policy.emotion_guard, GUARD_OFF);
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
        {"", "p:1:1: error: unexpected token."},
        {"[]", "p:1:1: error: A policy should be a JSON object."},
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
        {POLICY("{\"risk_to\":1,\"decision\":\"deny\",\"reason\":\"x\",\"limit\":1}"),
         "bands.0.limit: Unknown member; a band that denies has risk_to, decision, reason."},
        {POLICY("{\"risk_to\":\"1\",\"decision\":\"deny\",\"reason\":\"x\"}"),
         "bands.0.risk_to: Input should be a valid number"},
        {POLICY_WITH("\"emotion_guard\":\"on\""), "emotion_guard: Input should be 'may_only_help'"},
        {POLICY_WITH("\"emotion_guard\":null"), "emotion_guard"},
        {POLICY_WITH("\"exposure_cap\":0"), "exposure_cap"},
        {POLICY_WITH("\"cooling_off_hours\":8761"), "cooling_off_hours"},
        {POLICY_WITH("\"cooling_off_hours\":1.5"), "cooling_off_hours"},
        {POLICY_WITH("\"rate_cap_percent\":12.74"), "bands.0.rate_percent: the rate reaches 12.75"},
        {POLICY_WITH("\"offer_live_days\":1"), "offer_live_days: Unknown member"},
        {POLICY_WITH("\"a\\u001bb\":1"), "a?b: Unknown member"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(cases[i].text), STATUS_INVALID);
        if (strstr(said(), cases[i].word) == NULL)
            fail_msg("%s: \"%s\" does not name %s", cases[i].text, said(), cases[i].word);
    }
}

static void every_fault_is_told_with_its_place(void **state)
{
    (void)state;
    assert_int_equal(parse("{\n"
                           "  \"name\": \"\xC3\xA9\", \"nmae\": 1,\n"
                           "  \"offer_life_days\": 400,\n"
                           "  \"bands\": [\n"
                           "    {\"risk_to\": 0.5, \"decision\": \"deny\", \"reason\": \"x\"},\n"
                           "    {\"risk_to\": 0.4, \"decision\": \"deny\", \"reason\": \"x\"}\n"
                           "  ]\n"
                           "}\n"),
                     STATUS_INVALID);
    assert_string_equal(
        said(),
        "p:3:3: error: offer_life_days: Input should be less than or equal to 365.\n"
        "p:2:16: error: nmae: Unknown member; a policy has name, offer_life_days, emotion_guard, "
        "exposure_cap, cooling_off_hours, rate_cap_percent, currency, bands, $schema.\n"
        "p:6:6: error: bands.1.risk_to: the band overlaps those before it and is unreachable: it "
        "ends at 0.4, and they end at 0.5.\n"
        "p:6:6: error: bands.1.risk_to: risks from 0.500001 to 1 belong to no band: the last one "
        "must end at 1.\n");
}

static void no_json_is_told_with_its_place(void **state)
{
    (void)state;
    assert_int_equal(parse("{\n \"name\": \"n\"\n \"bands\": []}"), STATUS_INVALID);
    assert_string_equal(said(), "p:3:8: error: '}' expected.\n");
    assert_int_equal(parse("{\"name\":\"n\",\n\"name\":\"n\"}"), STATUS_INVALID);
    assert_string_equal(said(), "p:2:6: error: duplicate object key.\n");
}

/* All members of all bands may be wrong at once. */
static void no_fault_is_dropped(void **state)
{
    (void)state;
    struct buf text;
    int lines = 0;
    buf_init(&text, POLICY_BYTES_MAX);
    buf_text(&text, "{\"bands\":[");
    for (int i = 0; i < POLICY_BANDS_MAX; i++)
        buf_printf(&text, "%s{\"decision\":\"approve\",\"limit\":{},\"rate_percent\":{\"a\":1}}",
                   i == 0 ? "" : ",");
    buf_text(&text, "]}");
    assert_int_equal(parse(text.data), STATUS_INVALID);
    for (const char *at = said(); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_int_equal(lines, 2 + POLICY_BANDS_MAX * 7);
    buf_free(&text);
}

static void a_warning_is_no_refusal(void **state)
{
    (void)state;
    assert_int_equal(parse(POLICY(APPROVE ",{\"risk_to\":1,\"decision\":\"approve\","
                                          "\"credit_type\":\"LOAN\",\"limit\":{\"full\":0,"
                                          "\"floor\":1},\"rate_percent\":{\"base\":1,"
                                          "\"slope\":0}}")),
                     STATUS_OK);
    assert_non_null(strstr(said(), ": warning: bands.1.rate_percent: the rate falls"));
}

static void the_seeds_policy_is_valid(void **state)
{
    (void)state;
    buf_clear(&report);
    assert_int_equal(policy_parse(policy_built_in("seed"), "p", &policy, &report), STATUS_OK);
    assert_int_equal(report.size, 0);
    assert_int_equal(policy.emotion_guard, GUARD_MAY_ONLY_HELP);
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
        cmocka_unit_test(what_is_optional_has_a_default),
        cmocka_unit_test(the_hash_is_of_every_byte),
        cmocka_unit_test(faults_are_named),
        cmocka_unit_test(every_fault_is_told_with_its_place),
        cmocka_unit_test(no_json_is_told_with_its_place),
        cmocka_unit_test(no_fault_is_dropped),
        cmocka_unit_test(a_warning_is_no_refusal),
        cmocka_unit_test(the_seeds_policy_is_valid),
    };
    return cmocka_run_group_tests(tests, open_report, close_report);
}
