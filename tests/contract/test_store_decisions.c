/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/decisions.h): decisions, which stand while their inputs do, and the
 * keys that answer a repeated request the same.
 */
#include "store_fixture.h"

#include "domain/decision_log.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/evidence.h"
#include "store/offers.h"
#include "store/store.h"

static void check_decision(const struct decision *out, const struct decision *in)
{
    assert_true(uuid_equal(&out->id, &in->id));
    assert_true(uuid_equal(&out->user_id, &in->user_id));
    assert_int_equal(out->decided_at_us, in->decided_at_us);
    assert_int_equal(out->approved, in->approved);
    assert_int_equal(out->risk, in->risk);
    assert_int_equal(out->risk_full, in->risk_full);
    assert_int_equal(out->risk_financial, in->risk_financial);
    assert_int_equal(out->basis, in->basis);
    assert_int_equal(out->emotions_known, in->emotions_known);
    assert_memory_equal(&out->reasons, &in->reasons, sizeof in->reasons);
    assert_int_equal(out->nearest.lever, in->nearest.lever);
    struct hash entry = decision_log_entry(out);
    assert_memory_equal(&out->entry, &entry, sizeof entry);
    assert_string_equal(out->reason, in->reason);
    assert_memory_equal(&out->features, &in->features, sizeof in->features);
    assert_int_equal(out->features_version, in->features_version);
    assert_string_equal(out->model, in->model);
    assert_memory_equal(&out->policy, &in->policy, sizeof in->policy);
    assert_memory_equal(&out->inputs, &in->inputs, sizeof in->inputs);
    assert_int_equal(out->has_offer, in->has_offer);
    if (in->has_offer)
        offer_check(&out->offer, &in->offer);
}

/* What a person's state tells of their last decision: all but the features. */
static void check_last(struct decision last, const struct decision *in)
{
    static const struct features none;
    assert_memory_equal(&last.features, &none, sizeof none);
    struct evidence evidence;
    last.features = in->features;
    assert_int_equal(evidence_write(&last, &evidence), STATUS_OK);
    check_decision(&last, in);
}

static struct idempotency key_of(const char *key, int request)
{
    return (struct idempotency){.key = key, .request = hash_of_number(request)};
}

static void a_person_begins_without_a_decision(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), nobody = uuid_of(2);
    struct credit_state credit;
    persons_add(store, 1, 1);
    assert_int_equal(credit_state_read(store, &user_id, &credit), STATUS_OK);
    assert_int_equal(credit.features_version, 0);
    assert_false(credit.has_decision);
    assert_int_equal(credit_state_read(store, &nobody, &credit), STATUS_NOT_FOUND);
}

static void records_an_approval_with_its_offer(void **state)
{
    struct store *store = store_of(state);
    struct decision in = decision_of(1, 5, true), out;
    struct credit_state credit;
    struct offer offer;
    persons_add(store, 1, 2);
    for (int i = 0; i < FEATURE_COUNT; i++)
        in.features.values[i] = i % 2 == 0 ? INT64_MAX - i : INT64_MIN + i;
    assert_int_equal(decision_record(store, &in, &no_key, &out), STATUS_OK);
    check_decision(&out, &in);
    assert_int_equal(store_decision_read(store, &in.id, &in.user_id, &out), STATUS_OK);
    check_decision(&out, &in);
    assert_int_equal(credit_state_read(store, &in.user_id, &credit), STATUS_OK);
    assert_true(credit.has_decision);
    check_last(credit.last, &in);
    assert_int_equal(store_offer_read(store, &in.offer.id, &in.user_id, &offer), STATUS_OK);
    offer_check(&offer, &in.offer);
}

static void records_a_denial(void **state)
{
    struct store *store = store_of(state);
    struct decision in = decision_of(1, 5, false), out;
    struct credit_state credit;
    persons_add(store, 1, 1);
    assert_int_equal(decision_record(store, &in, &no_key, &out), STATUS_OK);
    assert_int_equal(credit_state_read(store, &in.user_id, &credit), STATUS_OK);
    check_last(credit.last, &in);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM offers"), 0);
}

/* Each entry follows the one before it, whatever other people's decisions come in between. */
static void each_persons_decisions_are_a_chain(void **state)
{
    struct store *store = store_of(state);
    struct hash ends[2] = {{{0}}, {{0}}};
    persons_add(store, 1, 2);
    for (int number = 1; number <= 6; number++) {
        struct decision in = decision_of(1 + number % 2, number, number % 3 == 0), out;
        assert_int_equal(decision_record(store, &in, &no_key, &out), STATUS_OK);
        assert_memory_equal(&out.previous, &ends[number % 2], sizeof ends[0]);
        ends[number % 2] = out.entry;
    }
    assert_int_equal(sql_number(fixture_of(state), "SELECT sum(count) FROM decision_heads"), 6);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM decision_heads h JOIN"
                                                   " decisions d ON d.entry = h.entry"),
                     2);
}

static void a_challenger_sees_each_decision_once(void **state)
{
    struct store *store = store_of(state);
    struct decision pending[4];
    struct shadow_decision shadow = {.user_id = uuid_of(1),
                                     .decision_id = uuid_of(1),
                                     .challenger = "strict",
                                     .terms = {.approved = true, .credit_type = "LOAN"},
                                     .risk = 5,
                                     .model = "m"};
    size_t count;
    persons_add(store, 1, 3);
    for (int number = 1; number <= 3; number++)
        decision_add(store, number, number, true);
    assert_int_equal(store_shadow_pending(store, "strict", NOW_US, pending, 2, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_shadow_record(store, &shadow, 1, NOW_US), STATUS_OK);
    assert_int_equal(store_shadow_record(store, &shadow, 1, NOW_US), STATUS_OK); /* harmless */
    assert_int_equal(store_shadow_pending(store, "strict", NOW_US, pending, 4, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(store_shadow_pending(store, "mild", NOW_US, pending, 4, &count), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(store_shadow_pending(store, "mild", NOW_US + 1, pending, 4, &count),
                     STATUS_OK);
    assert_int_equal(count, 0);
}

static void tells_the_version_that_features_have_now(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1);
    struct emotion_event event = feeling_of(1, 1, 0);
    enum event_result result;
    struct credit_state credit;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    assert_int_equal(store_emotions_apply(store, &event, 1, &result), STATUS_OK);
    assert_int_equal(credit_state_read(store, &user_id, &credit), STATUS_OK);
    assert_int_equal(credit.features_version, 1);
    assert_int_equal(credit.last.features_version, 3);
}

static void shows_a_decision_to_its_person_only(void **state)
{
    struct store *store = store_of(state);
    struct uuid id = uuid_of(5), other = uuid_of(2), none = uuid_of(6);
    struct decision decision;
    struct offer offer;
    persons_add(store, 1, 2);
    decision_add(store, 1, 5, true);
    assert_int_equal(store_decision_read(store, &id, &other, &decision), STATUS_NOT_FOUND);
    assert_int_equal(store_decision_read(store, &none, &other, &decision), STATUS_NOT_FOUND);
    assert_int_equal(store_offer_read(store, &id, &other, &offer), STATUS_NOT_FOUND);
    assert_int_equal(store_offer_read(store, &none, &other, &offer), STATUS_NOT_FOUND);
}

static void decides_about_nobody_who_is_not_there(void **state)
{
    struct decision in = decision_of(1, 5, true), out;
    assert_int_equal(decision_record(store_of(state), &in, &no_key, &out), STATUS_NOT_FOUND);
}

static void an_approval_stands_while_its_inputs_do(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), again = decision_of(1, 6, true), out;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    again.inputs = first.inputs;
    again.decided_at_us += DAY_US;
    assert_int_equal(decision_record(store, &again, &no_key, &out), STATUS_OK);
    check_decision(&out, &first);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM decisions"), 1);
    again.inputs = hash_of_number(6);
    assert_int_equal(decision_record(store, &again, &no_key, &out), STATUS_OK);
    check_decision(&out, &again);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_superseded);
    assert_int_equal(offer_status_of(store, 1, 6), OFFER_offered);
}

static void a_denial_stands_while_its_inputs_do(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, false), again = decision_of(1, 6, false), out;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, false);
    again.inputs = first.inputs;
    assert_int_equal(decision_record(store, &again, &no_key, &out), STATUS_OK);
    check_decision(&out, &first);
}

static void an_approval_falls_with_its_offer(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), again = decision_of(1, 6, true), out;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    again.inputs = first.inputs;
    again.decided_at_us = first.offer.expires_at_us;
    again.offer.created_at_us = again.decided_at_us;
    again.offer.expires_at_us = again.decided_at_us + DAY_US;
    assert_int_equal(decision_record(store, &again, &no_key, &out), STATUS_OK);
    check_decision(&out, &again);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_expired);
    assert_int_equal(offer_status_of(store, 1, 6), OFFER_offered);
    again = decision_of(1, 7, true);
    again.inputs = first.inputs;
    bool changed;
    assert_int_equal(offer_try_accept(store, 1, 6, first.offer.expires_at_us, &changed), STATUS_OK);
    assert_int_equal(decision_record(store, &again, &no_key, &out), STATUS_OK);
    check_decision(&out, &again);
    assert_int_equal(offer_status_of(store, 1, 6), OFFER_accepted);
}

static void a_denial_takes_an_open_offer_back(void **state)
{
    struct store *store = store_of(state);
    bool changed;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    decision_add(store, 1, 6, false);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_superseded);
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US, &changed), STATUS_NOT_FOUND);
}

static void a_key_answers_the_same_request_the_same(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), second = decision_of(1, 6, true), out;
    struct idempotency key = key_of("key-1", 1);
    persons_add(store, 1, 1);
    assert_int_equal(store_decision_by_key(store, &first.user_id, &key, &out), STATUS_NOT_FOUND);
    assert_int_equal(decision_record(store, &first, &key, &out), STATUS_OK);
    assert_int_equal(store_decision_by_key(store, &first.user_id, &key, &out), STATUS_OK);
    check_decision(&out, &first);
    assert_int_equal(decision_record(store, &second, &key, &out), STATUS_OK);
    check_decision(&out, &first);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM decisions"), 1);
}

static void a_key_answers_the_same_after_newer_decisions(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), out;
    struct idempotency key = key_of("key-1", 1);
    persons_add(store, 1, 1);
    assert_int_equal(decision_record(store, &first, &key, &out), STATUS_OK);
    decision_add(store, 1, 6, true);
    assert_int_equal(decision_record(store, &first, &key, &out), STATUS_OK);
    assert_true(uuid_equal(&out.id, &first.id));
    assert_int_equal(out.offer.status, OFFER_superseded);
}

static void a_key_is_refused_for_another_request(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), second = decision_of(1, 6, true), out;
    struct idempotency key = key_of("key-1", 1), other = key_of("key-1", 2);
    persons_add(store, 1, 1);
    assert_int_equal(decision_record(store, &first, &key, &out), STATUS_OK);
    assert_int_equal(store_decision_by_key(store, &first.user_id, &other, &out), STATUS_CONFLICT);
    assert_int_equal(decision_record(store, &second, &other, &out), STATUS_CONFLICT);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM decisions"), 1);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_offered);
}

static void a_key_is_one_persons(void **state)
{
    struct store *store = store_of(state);
    struct decision mine = decision_of(1, 5, true), theirs = decision_of(2, 6, true), out;
    struct idempotency key = key_of("key-1", 1), other = key_of("key-1", 2);
    persons_add(store, 1, 2);
    assert_int_equal(decision_record(store, &mine, &key, &out), STATUS_OK);
    assert_int_equal(store_decision_by_key(store, &theirs.user_id, &other, &out), STATUS_NOT_FOUND);
    assert_int_equal(decision_record(store, &theirs, &other, &out), STATUS_OK);
    check_decision(&out, &theirs);
}

static void a_key_remembers_the_decision_that_stood(void **state)
{
    struct store *store = store_of(state);
    struct decision first = decision_of(1, 5, true), again = decision_of(1, 6, true), out;
    struct idempotency key = key_of("key-1", 1);
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    again.inputs = first.inputs;
    assert_int_equal(decision_record(store, &again, &key, &out), STATUS_OK);
    check_decision(&out, &first);
    decision_add(store, 1, 7, false);
    assert_int_equal(store_decision_by_key(store, &first.user_id, &key, &out), STATUS_OK);
    assert_true(uuid_equal(&out.id, &first.id));
}

static void record_same_inputs(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct decision decision = decision_of(1, 10 + number, true), stands = {0};
    decision.inputs = hash_of_number(1);
    answers->status[number] = decision_record(store, &decision, &no_key, &stands);
    answers->id[number] = stands.id;
}

static void record_same_key(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct decision decision = decision_of(1, 10 + number, true), stands = {0};
    struct idempotency key = key_of("key-1", 1);
    answers->status[number] = decision_record(store, &decision, &key, &stands);
    answers->id[number] = stands.id;
}

static void check_one_decides(struct store_fixture *fixture, store_worker *work)
{
    struct answers answers = {0};
    persons_add(fixture->store, 1, 1);
    store_fixture_at_once(fixture, WORKERS, work, &answers);
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(answers.status[i], STATUS_OK);
        assert_true(uuid_equal(&answers.id[i], &answers.id[0]));
    }
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decisions"), 1);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers"), 1);
}

static void of_many_with_the_same_inputs_one_decides(void **state)
{
    check_one_decides(fixture_of(state), record_same_inputs);
}

static void of_many_with_the_same_key_one_decides(void **state)
{
    check_one_decides(fixture_of(state), record_same_key);
}

static void record_own_inputs(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct decision decision = decision_of(1, 10 + number, true), stands;
    answers->status[number] = decision_record(store, &decision, &no_key, &stands);
}

static void of_many_decisions_one_offer_is_open(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {0};
    persons_add(fixture->store, 1, 1);
    store_fixture_at_once(fixture, WORKERS, record_own_inputs, &answers);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(answers.status[i], STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decisions"), WORKERS);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'offered'"),
                     1);
}

static void lists_decisions_newest_first(void **state)
{
    enum { COUNT = 7 };
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), other = uuid_of(2), none = uuid_of(3);
    struct decision out[COUNT], expected = decision_of(1, 10 + COUNT - 1, true);
    struct page page = {.offset = 0, .size = 3};
    size_t count;
    int64_t total;
    persons_add(store, 1, 3);
    for (int i = 0; i < COUNT; i++)
        decision_add(store, 1, 10 + i, i % 2 == 0);
    decision_add(store, 2, 50, true);
    assert_int_equal(store_decisions_list(store, &user_id, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 3);
    assert_int_equal(total, COUNT);
    check_decision(&out[0], &expected);
    expected = decision_of(1, 10 + COUNT - 2, false);
    check_decision(&out[1], &expected);
    page.offset = COUNT - 1;
    assert_int_equal(store_decisions_list(store, &user_id, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 1);
    assert_int_equal(total, COUNT);
    expected = decision_of(1, 10, true);
    expected.offer.status = OFFER_superseded;
    check_decision(&out[0], &expected);
    page.offset = COUNT;
    assert_int_equal(store_decisions_list(store, &user_id, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(total, COUNT);
    page.offset = 0;
    assert_int_equal(store_decisions_list(store, &other, page, out, &count, &total), STATUS_OK);
    assert_int_equal(total, 1);
    assert_int_equal(store_decisions_list(store, &none, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(total, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_person_begins_without_a_decision),
        STORE_TEST(records_an_approval_with_its_offer),
        STORE_TEST(records_a_denial),
        STORE_TEST(each_persons_decisions_are_a_chain),
        STORE_TEST(a_challenger_sees_each_decision_once),
        STORE_TEST(tells_the_version_that_features_have_now),
        STORE_TEST(shows_a_decision_to_its_person_only),
        STORE_TEST(decides_about_nobody_who_is_not_there),
        STORE_TEST(an_approval_stands_while_its_inputs_do),
        STORE_TEST(a_denial_stands_while_its_inputs_do),
        STORE_TEST(an_approval_falls_with_its_offer),
        STORE_TEST(a_denial_takes_an_open_offer_back),
        STORE_TEST(a_key_answers_the_same_request_the_same),
        STORE_TEST(a_key_answers_the_same_after_newer_decisions),
        STORE_TEST(a_key_is_refused_for_another_request),
        STORE_TEST(a_key_is_one_persons),
        STORE_TEST(a_key_remembers_the_decision_that_stood),
        STORE_TEST(of_many_with_the_same_inputs_one_decides),
        STORE_TEST(of_many_with_the_same_key_one_decides),
        STORE_TEST(of_many_decisions_one_offer_is_open),
        STORE_TEST(lists_decisions_newest_first),
    };
    return cmocka_run_group_tests_name("store_decisions", tests, store_server_start,
                                       store_server_end);
}
