/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision_log.h"

#include <string.h>

#include "../unit.h"

static const struct decision sample = {
    .id = {{1}},
    .user_id = {{2}},
    .decided_at_us = 1767225600123456,
    .approved = true,
    .risk = 250000,
    .risk_full = 260000,
    .risk_financial = 250000,
    .basis = BASIS_FINANCIAL,
    .features_version = 7,
    .model = "m-1",
    .policy = {{3}},
    .inputs = {{4}},
    .evidence = {{5}},
    .previous = {{6}},
    .has_offer = true,
    .offer = {.id = {{8}},
              .limit_cents = 750000,
              .rate_bp = 875,
              .credit_type = "LOAN",
              .created_at_us = 1767225600123456,
              .expires_at_us = 1767830400123456},
};

static void the_text_names_every_fact(void **state)
{
    (void)state;
    char text[DECISION_ENTRY_TEXT_MAX];
    size_t size = decision_log_entry_text(&sample, text);
    assert_int_equal(size, strlen(text));
    assert_non_null(strstr(text, "previous 06000000000000000000000000000000\n"));
    assert_non_null(strstr(text, "\nrisk 250000\nrisk_full 260000\nrisk_financial 250000\n"));
    assert_non_null(strstr(text, "\nbasis financial\n"));
    assert_non_null(strstr(text, "\nlimit_cents 750000\nrate_bp 875\ncredit_type LOAN\n"));
}

static bool differs(const struct decision *changed)
{
    struct hash before = decision_log_entry(&sample), after = decision_log_entry(changed);
    return hash_compare(&before, &after) != 0;
}

#define CHANGED(assignment)                                                                        \
    do {                                                                                           \
        struct decision d = sample;                                                                \
        assignment;                                                                                \
        assert_true(differs(&d));                                                                  \
    } while (0)

static void every_fact_changes_the_entry(void **state)
{
    (void)state;
    CHANGED(d.id.bytes[15] ^= 1);
    CHANGED(d.user_id.bytes[15] ^= 1);
    CHANGED(d.decided_at_us++);
    CHANGED(d.approved = false);
    CHANGED(d.risk ^= 1);
    CHANGED(d.risk_full ^= 1);
    CHANGED(d.risk_financial ^= 1);
    CHANGED(d.basis = BASIS_FULL);
    CHANGED(d.emotions_known = true);
    CHANGED(d.reason[0] = 'x');
    CHANGED(d.features_version++);
    CHANGED(d.model[0] = 'x');
    CHANGED(d.policy.bytes[0] ^= 1);
    CHANGED(d.inputs.bytes[0] ^= 1);
    CHANGED(d.evidence.bytes[0] ^= 1);
    CHANGED(d.previous.bytes[0] ^= 1);
    CHANGED(d.has_offer = false);
    CHANGED(d.offer.id.bytes[0] ^= 1);
    CHANGED(d.offer.limit_cents++);
    CHANGED(d.offer.rate_bp++);
    CHANGED(d.offer.credit_type[0] = 'x');
    CHANGED(d.offer.created_at_us++);
    CHANGED(d.offer.expires_at_us++);
}

/* What happens to an offer later is not of the decision. */
static void the_offers_life_does_not(void **state)
{
    (void)state;
    struct decision later = sample;
    later.offer.status = OFFER_active;
    later.offer.accepted_at_us = later.offer.activated_at_us = 1;
    assert_false(differs(&later));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_names_every_fact),
        cmocka_unit_test(every_fact_changes_the_entry),
        cmocka_unit_test(the_offers_life_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
