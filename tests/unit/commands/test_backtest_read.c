/* SPDX-License-Identifier: Apache-2.0
 *
 * Two readers over a store that is an array: they count what one would, also where an offer is
 * found late, and tell when the store fails.
 */
#include "commands/backtest.h"

#include <stdatomic.h>
#include <stdio.h>

#include "../domain/backtest_equal.h"
#include "simulation/population.h"
#include "store/decisions.h"
#include "store/log.h"

enum { DECISIONS = 10000, PEOPLE = 50, STEP = 7 };

/* What stands in for a store: the linker puts the functions below in the place of its own
 * (tests/meson.build). A place is a decision's number; so is an offer's, which only approvals have.
 */
struct store {
    bool offers_late; /* every third offer is found by store_decision_read alone */
    enum status scan_status;
    atomic_int late;
};

static const struct policy recorded_policy = {.band_count = 2,
                                              .bands = {{.risk_to = 600000,
                                                         .approve = true,
                                                         .credit_type = "SHORT",
                                                         .limit_full_cents = 1000000,
                                                         .rate_base_bp = 500},
                                                        {.risk_to = MILLIONTHS, .reason = "No."}}};
static const struct policy candidate_policy = {.emotion_guard = GUARD_OFF,
                                               .band_count = 3,
                                               .bands = {{.risk_to = 300000,
                                                          .approve = true,
                                                          .credit_type = "LONG",
                                                          .limit_full_cents = 2000000,
                                                          .rate_base_bp = 400},
                                                         {.risk_to = 500000,
                                                          .approve = true,
                                                          .credit_type = "SHORT",
                                                          .limit_full_cents = 900000,
                                                          .rate_base_bp = 500},
                                                         {.risk_to = MILLIONTHS, .reason = "No."}}};

static struct uuid id_of(int kind, int64_t number)
{
    struct uuid id = {{(uint8_t)kind}};
    for (int i = 0; i < 8; i++)
        id.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    return id;
}

static struct verdict verdict_of(int64_t number)
{
    int32_t risk = (int32_t)(number * 7919 % (MILLIONTHS + 1));
    return (struct verdict){.user_id = id_of(1, number % PEOPLE),
                            .decision_id = id_of(2, number),
                            .decided_at_us = number,
                            .approved = risk <= 600000,
                            .logged = number % 11 != 0,
                            .stands = number + PEOPLE >= DECISIONS,
                            .entry = {{2, (uint8_t)(number >> 8), (uint8_t)number}},
                            .risk = risk,
                            .risk_full = risk,
                            .risk_financial = (int32_t)(number * 104729 % (MILLIONTHS + 1)),
                            .emotions_known = true};
}

/* The last decision about a person. */
static int64_t last_of(int64_t person)
{
    return DECISIONS - 1 - (DECISIONS - 1 - person) % PEOPLE;
}

static struct terms terms_of(int64_t number)
{
    return policy_apply(&recorded_policy, verdict_of(number).risk);
}

static void email_of(int64_t number, char email[EMAIL_MAX + 1])
{
    snprintf(email, EMAIL_MAX + 1, "person-1-%d@example.%s", (int)number,
             number % 5 == 0 ? "org" : "com");
}

__typeof__(store_verdicts_extent) __wrap_store_verdicts_extent;
__typeof__(store_verdicts_scan) __wrap_store_verdicts_scan;
__typeof__(store_granted_scan) __wrap_store_granted_scan;
__typeof__(store_addressees_scan) __wrap_store_addressees_scan;
__typeof__(store_decision_read) __wrap_store_decision_read;

enum status __wrap_store_verdicts_extent(struct store *store, struct extent *decisions,
                                         struct extent *offers)
{
    (void)store;
    *decisions = *offers = (struct extent){DECISIONS, STEP};
    return STATUS_OK;
}

enum status __wrap_store_verdicts_scan(struct store *store, int64_t from, int64_t to,
                                       int64_t since_us, verdict_taker *take, void *context)
{
    for (int64_t i = from; i < to && i < DECISIONS; i++) {
        struct verdict verdict = verdict_of(i);
        if (verdict.decided_at_us >= since_us)
            take(&verdict, context);
    }
    return to > DECISIONS / 2 ? store->scan_status : STATUS_OK;
}

enum status __wrap_store_granted_scan(struct store *store, int64_t from, int64_t to,
                                      granted_taker *take, void *context)
{
    for (int64_t i = from; i < to && i < DECISIONS; i++) {
        struct terms terms = terms_of(i);
        struct granted granted = {id_of(2, i), terms.limit_cents, terms.rate_bp, "SHORT"};
        if (terms.approved && !(store->offers_late && i % 3 == 0))
            take(&granted, context);
    }
    return STATUS_OK;
}

enum status __wrap_store_addressees_scan(struct store *store, const struct uuid *after,
                                         struct addressee out[], size_t max, size_t *count)
{
    (void)store;
    *count = 0;
    for (int64_t i = 0; i < PEOPLE && *count < max; i++) {
        struct uuid id = id_of(1, i);
        if (uuid_compare(&id, after) <= 0)
            continue;
        out[*count].id = id;
        out[*count].decided = true;
        out[*count].last = verdict_of(last_of(i)).entry;
        email_of(i, out[(*count)++].email);
    }
    return STATUS_OK;
}

enum status __wrap_store_decision_read(struct store *store, const struct uuid *id,
                                       const struct uuid *user_id, struct decision *decision)
{
    int64_t number = id->bytes[14] * 256 + id->bytes[15];
    struct terms terms = terms_of(number);
    (void)user_id;
    atomic_fetch_add(&store->late, 1);
    decision->has_offer = true;
    decision->offer.limit_cents = terms.limit_cents;
    decision->offer.rate_bp = terms.rate_bp;
    snprintf(decision->offer.credit_type, sizeof decision->offer.credit_type, "SHORT");
    return STATUS_OK;
}

static void check_read(bool offers_late, int64_t since_us)
{
    static struct backtest read, expected;
    struct store store = {.offers_late = offers_late};
    struct store *stores[BACKTEST_READERS] = {&store, &store};
    backtest_init(&read, &candidate_policy);
    backtest_init(&expected, &candidate_policy);
    assert_int_equal(backtest_read(stores, since_us, &read), STATUS_OK);
    for (int64_t i = since_us; i < DECISIONS; i++) {
        char email[EMAIL_MAX + 1];
        struct verdict verdict = verdict_of(i);
        struct terms terms = terms_of(i);
        verdict.limit_cents = terms.limit_cents;
        verdict.rate_bp = terms.rate_bp;
        verdict.credit_type = terms.credit_type;
        email_of(i % PEOPLE, email);
        backtest_add(&expected, &verdict, population_group(email));
    }
    assert_int_equal(store.late > 0, offers_late);
    assert_true(expected.groups[PERSONA_COUNT].recorded.count > 0);
    assert_true(expected.swaps[SWAP_CREDIT_TYPE].example_count > 0);
    assert_backtest_equal(&read, &expected);
}

static void two_readers_count_what_one_would(void **state)
{
    (void)state;
    check_read(false, 0);
    check_read(false, DECISIONS / 3);
}

static void an_offer_that_was_missed_is_asked_for(void **state)
{
    (void)state;
    check_read(true, 0);
}

static void a_failing_store_is_told(void **state)
{
    static struct backtest backtest;
    struct store store = {.scan_status = STATUS_UNAVAILABLE};
    struct store *stores[BACKTEST_READERS] = {&store, &store};
    (void)state;
    backtest_init(&backtest, &candidate_policy);
    assert_int_equal(backtest_read(stores, 0, &backtest), STATUS_UNAVAILABLE);
    assert_int_equal(backtest.total.recorded.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_readers_count_what_one_would),
        cmocka_unit_test(an_offer_that_was_missed_is_asked_for),
        cmocka_unit_test(a_failing_store_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
