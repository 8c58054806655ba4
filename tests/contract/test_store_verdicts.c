/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/log.h): decisions, offers and people read by the million, as
 * they lie.
 */
#include "store_fixture.h"

#include "store/decisions.h"
#include "store/log.h"

enum { FOUND_MAX = 4000 };

struct found {
    size_t count;
    struct verdict verdicts[FOUND_MAX];
    struct granted granted[FOUND_MAX];
};

static struct found found;

static void verdict_keep(const struct verdict *verdict, void *context)
{
    struct found *into = context;
    assert_true(into->count < FOUND_MAX);
    into->verdicts[into->count++] = *verdict;
}

static void granted_keep(const struct granted *granted, void *context)
{
    struct found *into = context;
    assert_true(into->count < FOUND_MAX);
    into->granted[into->count++] = *granted;
}

/* All of an extent, by parts of that size. */
static void verdicts_find(struct store *store, int64_t step, int64_t since_us)
{
    struct extent decisions, offers;
    found.count = 0;
    assert_int_equal(store_verdicts_extent(store, &decisions, &offers), STATUS_OK);
    assert_true(decisions.step > 0 && offers.step > 0);
    for (int64_t from = 0; from < decisions.end; from += step)
        assert_int_equal(
            store_verdicts_scan(store, from, from + step, since_us, verdict_keep, &found),
            STATUS_OK);
}

static void granted_find(struct store *store, int64_t step)
{
    struct extent decisions, offers;
    found.count = 0;
    assert_int_equal(store_verdicts_extent(store, &decisions, &offers), STATUS_OK);
    for (int64_t from = 0; from < offers.end; from += step)
        assert_int_equal(store_granted_scan(store, from, from + step, granted_keep, &found),
                         STATUS_OK);
}

static const struct verdict *verdict_found(int number)
{
    struct uuid id = uuid_of(number);
    const struct verdict *verdict = NULL;
    for (size_t i = 0; i < found.count; i++) {
        if (uuid_equal(&found.verdicts[i].decision_id, &id)) {
            assert_null(verdict);
            verdict = &found.verdicts[i];
        }
    }
    assert_non_null(verdict);
    return verdict;
}

static void check_verdict(const struct verdict *out, const struct decision *in)
{
    assert_true(uuid_equal(&out->user_id, &in->user_id));
    assert_int_equal(out->decided_at_us, in->decided_at_us);
    assert_int_equal(out->approved, in->approved);
    assert_int_equal(out->risk, in->risk);
    assert_int_equal(out->risk_full, in->risk_full);
    assert_int_equal(out->risk_financial, in->risk_financial);
    assert_int_equal(out->emotions_known, in->emotions_known);
    assert_true(out->logged);
}

static void an_empty_log_has_no_verdicts(void **state)
{
    verdicts_find(store_of(state), 100, 0);
    assert_int_equal(found.count, 0);
    granted_find(store_of(state), 100);
    assert_int_equal(found.count, 0);
}

static void finds_every_decision_once(void **state)
{
    enum { COUNT = 40 };
    struct store *store = store_of(state);
    persons_add(store, 1, 5);
    for (int number = 1; number <= COUNT; number++)
        decision_add(store, 1 + number % 5, number, number % 3 != 0);
    for (int64_t step = 1; step <= 1000; step *= 10) {
        verdicts_find(store, step, 0);
        assert_int_equal(found.count, COUNT);
        for (int number = 1; number <= COUNT; number++) {
            struct decision in = decision_of(1 + number % 5, number, number % 3 != 0);
            check_verdict(verdict_found(number), &in);
        }
    }
}

/* More than one block of a table. */
static void finds_every_decision_of_a_large_log(void **state)
{
    enum { COUNT = 300 };
    struct store *store = store_of(state);
    persons_add(store, 1, 1);
    for (int number = 1; number <= COUNT; number++)
        decision_add(store, 1, number, number % 2 == 0);
    verdicts_find(store, 3, 0);
    assert_int_equal(found.count, COUNT);
    for (int number = 1; number <= COUNT; number++)
        assert_int_equal(verdict_found(number)->approved, number % 2 == 0);
}

static void finds_what_was_decided_since(void **state)
{
    struct store *store = store_of(state);
    persons_add(store, 1, 3);
    for (int number = 1; number <= 3; number++) {
        struct decision in = decision_of(number, number, false), out;
        in.decided_at_us += number * SECOND_US;
        assert_int_equal(decision_record(store, &in, &no_key, &out), STATUS_OK);
    }
    verdicts_find(store, 1000, NOW_US + 2 * SECOND_US);
    assert_int_equal(found.count, 2);
    verdict_found(2);
    verdict_found(3);
}

static void tells_decisions_of_before_the_log(void **state)
{
    struct store *store = store_of(state);
    bool embedded = fixture_of(state)->sqlite != NULL;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, false);
    assert_true(sql_takes(fixture_of(state), embedded
                                                 ? "DROP TRIGGER decisions_stay"
                                                 : "DROP TRIGGER decisions_stay ON decisions"));
    assert_true(sql_takes(fixture_of(state), embedded ? "UPDATE decisions SET entry = zeroblob(16)"
                                                      : "UPDATE decisions SET entry ="
                                                        " '00000000-0000-0000-0000-000000000000'"));
    verdicts_find(store, 1000, 0);
    assert_int_equal(found.count, 1);
    assert_false(found.verdicts[0].logged);
}

static void finds_every_offer_whatever_became_of_it(void **state)
{
    struct store *store = store_of(state);
    persons_add(store, 1, 2);
    decision_add(store, 1, 5, true);
    decision_add(store, 1, 6, true);
    offer_add_accepted(store, 2, 7);
    offer_activate(store, 2, 7);
    for (int64_t step = 1; step <= 100; step *= 10) {
        granted_find(store, step);
        assert_int_equal(found.count, 3);
        for (size_t i = 0; i < found.count; i++) {
            int number = found.granted[i].decision_id.bytes[15];
            struct offer offer = decision_of(1, number, true).offer;
            assert_true(number >= 5 && number <= 7);
            assert_int_equal(found.granted[i].limit_cents, offer.limit_cents);
            assert_int_equal(found.granted[i].rate_bp, offer.rate_bp);
            assert_string_equal(found.granted[i].credit_type, offer.credit_type);
        }
    }
}

static void lists_people_by_id_each_with_the_last_decision(void **state)
{
    enum { COUNT = 7, PAGE = 3 };
    struct store *store = store_of(state);
    struct uuid after = {{0}};
    struct addressee out[PAGE];
    size_t count, seen = 0;
    persons_add(store, 1, COUNT);
    decision_add(store, 2, 1, true);
    decision_add(store, 2, 2, false);
    decision_add(store, 5, 3, true);
    verdicts_find(store, 1000, 0);
    do {
        assert_int_equal(store_addressees_scan(store, &after, out, PAGE, &count), STATUS_OK);
        assert_true(count <= PAGE);
        for (size_t i = 0; i < count; i++) {
            struct user person = person_of((int)++seen);
            assert_true(uuid_equal(&out[i].id, &person.id));
            assert_string_equal(out[i].email, person.email);
            assert_int_equal(out[i].decided, seen == 2 || seen == 5);
            if (out[i].decided)
                assert_memory_equal(&out[i].last, &verdict_found(seen == 2 ? 2 : 3)->entry,
                                    sizeof out[i].last);
            after = out[i].id;
        }
    } while (count > 0);
    assert_int_equal(seen, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_empty_log_has_no_verdicts),
        STORE_TEST(finds_every_decision_once),
        STORE_TEST(finds_every_decision_of_a_large_log),
        STORE_TEST(finds_what_was_decided_since),
        STORE_TEST(tells_decisions_of_before_the_log),
        STORE_TEST(finds_every_offer_whatever_became_of_it),
        STORE_TEST(lists_people_by_id_each_with_the_last_decision),
    };
    return cmocka_run_group_tests_name("store_verdicts", tests, store_server_start,
                                       store_server_end);
}
