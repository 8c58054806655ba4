/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/offer.h"

#include "../unit.h"

static void names_are_read_back(void **state)
{
    (void)state;
    for (int i = 0; i < OFFER_STATUS_COUNT; i++) {
        enum offer_status status;
        assert_int_equal(offer_status_parse(offer_status_name((enum offer_status)i), &status),
                         STATUS_OK);
        assert_int_equal(status, i);
    }
    enum offer_status status;
    assert_int_equal(offer_status_parse("", &status), STATUS_INVALID);
    assert_int_equal(offer_status_parse("Active", &status), STATUS_INVALID);
}

static void only_these_steps_are_taken(void **state)
{
    (void)state;
    static const enum offer_status steps[][2] = {
        {OFFER_offered, OFFER_accepted},   {OFFER_offered, OFFER_expired},
        {OFFER_offered, OFFER_superseded}, {OFFER_accepted, OFFER_active},
        {OFFER_active, OFFER_superseded},
    };
    int possible = 0;
    for (int from = 0; from < OFFER_STATUS_COUNT; from++)
        for (int to = 0; to < OFFER_STATUS_COUNT; to++)
            possible += offer_may_become((enum offer_status)from, (enum offer_status)to);
    assert_int_equal(possible, sizeof steps / sizeof steps[0]);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        assert_true(offer_may_become(steps[i][0], steps[i][1]));
}

static void an_offer_is_open_until_it_expires(void **state)
{
    (void)state;
    struct offer offer = {.status = OFFER_offered, .expires_at_us = 1000};
    assert_true(offer_is_open(&offer, 999));
    assert_false(offer_is_open(&offer, 1000));
    for (int status = OFFER_offered + 1; status < OFFER_STATUS_COUNT; status++) {
        offer.status = (enum offer_status)status;
        assert_false(offer_is_open(&offer, 0));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read_back),
        cmocka_unit_test(only_these_steps_are_taken),
        cmocka_unit_test(an_offer_is_open_until_it_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
