/* SPDX-License-Identifier: Apache-2.0
 *
 * The evidence of a decision is read while one allocation after the other fails: what is then told
 * is that memory was out, and never that somebody changed it.
 */
#include "store/evidence.h"

#include "../unit/unit.h"

#include "failing.h"

static struct decision decided(void)
{
    struct decision decision = {.features = features_empty()};
    decision.reasons =
        (struct reasons){.count = 2, .list = {{(enum feature)0, 250}, {(enum feature)1, -40}}};
    decision.nearest = (struct nearest){LEVER_SPEND_LESS, 10, 1000};
    return decision;
}

static void no_allocation_that_fails_makes_a_forgery(void **state)
{
    (void)state;
    struct decision written = decided(), read;
    struct evidence evidence;
    assert_int_equal(evidence_write(&written, &evidence), STATUS_OK);
    int failures = 0;
    for (bool failed = true; failed; failures += failed) {
        failing_arm(FAILING_ALLOCATION, failures + 1);
        failing_inside(true);
        enum status status = evidence_read(evidence.features, evidence.explanation, &read);
        failing_inside(false);
        failed = failing_happened();
        assert_int_equal(status, failed ? STATUS_UNAVAILABLE : STATUS_OK);
        if (!failed)
            assert_int_equal(hash_compare(&read.evidence, &written.evidence), 0);
    }
    assert_true(failures > 20);
}

static void what_is_no_evidence_is_told_so(void **state)
{
    (void)state;
    struct decision decision;
    assert_int_equal(evidence_read("{", "{}", &decision), STATUS_INTERNAL);
    assert_int_equal(evidence_read("{}", "[]", &decision), STATUS_INTERNAL);
    assert_int_equal(evidence_read("", "1", &decision), STATUS_INTERNAL);
    assert_int_equal(evidence_read("", "{}", &decision), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_allocation_that_fails_makes_a_forgery),
        cmocka_unit_test(what_is_no_evidence_is_told_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
