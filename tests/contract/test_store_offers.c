/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/offers.h): offers on their way to a person's one credit line.
 */
#include "store_fixture.h"

#include "adapters/clock.h"
#include "store/decisions.h"
#include "store/offers.h"
#include "store/store.h"
#include "store/sweep.h"

static void accepts_an_offer(void **state)
{
    struct store *store = store_of(state);
    struct uuid id = uuid_of(5), user_id = uuid_of(1);
    struct offer offer, expected = decision_of(1, 5, true).offer;
    bool changed = false;
    persons_add(store, 1, 1);
    decision_add(store, 1, 5, true);
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US + 1, &changed), STATUS_OK);
    assert_true(changed);
    expected.status = OFFER_accepted;
    expected.accepted_at_us = NOW_US + 1;
    assert_int_equal(store_offer_read(store, &id, &user_id, &offer), STATUS_OK);
    offer_check(&offer, &expected);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), 1);
}

static void accepting_again_changes_nothing(void **state)
{
    struct store *store = store_of(state);
    bool changed = true;
    persons_add(store, 1, 1);
    offer_add_accepted(store, 1, 5);
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US + 2, &changed), STATUS_OK);
    assert_false(changed);
    changed = true;
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US + 30 * DAY_US, &changed), STATUS_OK);
    assert_false(changed);
    offer_activate(store, 1, 5);
    changed = true;
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US + 3, &changed), STATUS_OK);
    assert_false(changed);
    assert_int_equal(
        sql_number(fixture_of(state), "SELECT count(*) FROM outbox WHERE stream = 'credits'"), 1);
}

static void accepts_nothing_else(void **state)
{
    struct store *store = store_of(state);
    int64_t end_us = decision_of(1, 5, true).offer.expires_at_us;
    bool changed = false;
    persons_add(store, 1, 2);
    decision_add(store, 1, 5, true);
    assert_int_equal(offer_try_accept(store, 2, 5, NOW_US, &changed), STATUS_NOT_FOUND);
    assert_int_equal(offer_try_accept(store, 1, 6, NOW_US, &changed), STATUS_NOT_FOUND);
    assert_int_equal(offer_try_accept(store, 1, 5, end_us, &changed), STATUS_NOT_FOUND);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), 0);
    assert_int_equal(offer_try_accept(store, 1, 5, end_us - 1, &changed), STATUS_OK);
}

static void activates_an_accepted_offer(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1);
    struct offer line, expected = decision_of(1, 5, true).offer;
    bool changed = false;
    persons_add(store, 1, 1);
    assert_int_equal(store_line_read(store, &user_id, &line), STATUS_NOT_FOUND);
    offer_add_accepted(store, 1, 5);
    assert_int_equal(store_line_read(store, &user_id, &line), STATUS_NOT_FOUND);
    assert_int_equal(offer_try_activate(store, 1, 5, &changed), STATUS_OK);
    assert_true(changed);
    expected.status = OFFER_active;
    expected.accepted_at_us = NOW_US;
    expected.activated_at_us = NOW_US;
    assert_int_equal(store_line_read(store, &user_id, &line), STATUS_OK);
    offer_check(&line, &expected);
    assert_int_equal(offer_try_activate(store, 1, 5, &changed), STATUS_OK);
    assert_false(changed);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM notifications"), 1);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), 2);
}

static void activates_nothing_else(void **state)
{
    struct store *store = store_of(state);
    bool changed = false;
    persons_add(store, 1, 2);
    decision_add(store, 1, 5, true);
    assert_int_equal(offer_try_activate(store, 1, 5, &changed), STATUS_NOT_FOUND);
    assert_int_equal(offer_try_activate(store, 1, 6, &changed), STATUS_NOT_FOUND);
    assert_int_equal(offer_try_activate(store, 3, 5, &changed), STATUS_NOT_FOUND);
    offer_add_accepted(store, 1, 7);
    assert_int_equal(offer_try_activate(store, 2, 7, &changed), STATUS_NOT_FOUND);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM notifications"), 0);
    assert_int_equal(offer_status_of(store, 1, 7), OFFER_accepted);
}

static void finds_what_waits(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(2), id = uuid_of(6);
    struct offer waiting[2];
    size_t count;
    persons_add(store, 1, 3);
    offer_add_accepted(store, 1, 5);
    offer_activate(store, 1, 5);
    offer_add_accepted(store, 2, 6);
    decision_add(store, 3, 7, true);
    assert_int_equal(store_offers_waiting(store, NOW_US, waiting, 2, &count), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(store_offers_waiting(store, NOW_US + 1, waiting, 2, &count), STATUS_OK);
    assert_int_equal(count, 1);
    assert_true(uuid_equal(&waiting[0].id, &id) && uuid_equal(&waiting[0].user_id, &user_id));
    assert_int_equal(store_offers_waiting(store, NOW_US + 1, waiting, 0, &count), STATUS_OK);
    assert_int_equal(count, 0);
}

static void a_newer_line_takes_the_place_of_the_older(void **state)
{
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), newer = uuid_of(6);
    struct offer line;
    bool changed = true;
    persons_add(store, 1, 1);
    offer_add_accepted(store, 1, 5);
    offer_activate(store, 1, 5);
    offer_add_accepted(store, 1, 6);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_active);
    offer_activate(store, 1, 6);
    assert_int_equal(store_line_read(store, &user_id, &line), STATUS_OK);
    assert_true(uuid_equal(&line.id, &newer));
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_superseded);
    /* A message that comes again moves nothing back. */
    assert_int_equal(offer_try_activate(store, 1, 5, &changed), STATUS_OK);
    assert_false(changed);
    assert_int_equal(offer_status_of(store, 1, 6), OFFER_active);
    assert_int_equal(offer_try_accept(store, 1, 5, NOW_US, &changed), STATUS_NOT_FOUND);
}

static void the_database_forbids_two_lines(void **state)
{
    static const char line_of_another[] =
        "UPDATE offers SET status = 'active', activated_at = accepted_at"
        " WHERE status = 'accepted' AND user_id"
        " <> (SELECT user_id FROM offers WHERE status = 'active')";
    static const char second_line[] =
        "UPDATE offers SET status = 'active', activated_at = accepted_at"
        " WHERE status = 'accepted' AND user_id"
        " = (SELECT user_id FROM offers WHERE status = 'active')";
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 2);
    offer_add_accepted(fixture->store, 1, 5);
    offer_activate(fixture->store, 1, 5);
    offer_add_accepted(fixture->store, 1, 6);
    offer_add_accepted(fixture->store, 2, 7);
    assert_false(sql_takes(fixture, second_line));
    assert_true(sql_takes(fixture, line_of_another));
}

static void the_database_forbids_what_cannot_be(void **state)
{
    static const char *const texts[] = {
        "UPDATE offers SET status = 'offered' WHERE status = 'accepted'", /* a second open one */
        "UPDATE offers SET status = 'accepted' WHERE status = 'offered'", /* never accepted */
        "UPDATE offers SET status = 'active' WHERE status = 'accepted'",  /* never activated */
        "UPDATE offers SET status = 'lost'",
        "UPDATE offers SET limit_cents = -1",
        "UPDATE offers SET expires_at = created_at",
        "UPDATE decisions SET risk = 1000001",
        "UPDATE decisions SET approved = NOT approved",
        "UPDATE users SET email = 'PERSON-1@example.org'",
    };
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    offer_add_accepted(fixture->store, 1, 5);
    decision_add(fixture->store, 1, 6, true);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(sql_takes(fixture, texts[i]));
}

/* Every pair of states: the database takes those steps that domain/offer.def has, and no other. */
static void the_database_takes_the_steps_of_the_table(void **state)
{
    static const char reset[] = "DELETE FROM offers";
    static const char insert[] =
        "INSERT INTO offers (user_id, id, decision_id, status, limit_cents, rate_bp, credit_type,"
        " created_at, expires_at, accepted_at, activated_at, updated_at) SELECT user_id, id, id,"
        " '%s', 1, 1, 'X', decided_at, %s, decided_at, decided_at, decided_at FROM decisions";
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    decision_add(fixture->store, 1, 5, true);
    for (int from = 0; from < OFFER_STATUS_COUNT; from++) {
        for (int to = 0; to < OFFER_STATUS_COUNT; to++) {
            char text[512];
            assert_true(sql_takes(fixture, reset));
            snprintf(text, sizeof text, insert, offer_status_name((enum offer_status)from),
                     fixture->server != NULL ? "decided_at + interval '1 day'" : "decided_at + 1");
            assert_true(sql_takes(fixture, text));
            snprintf(text, sizeof text, "UPDATE offers SET status = '%s'",
                     offer_status_name((enum offer_status)to));
            assert_int_equal(sql_takes(fixture, text),
                             from == to ||
                                 offer_may_become((enum offer_status)from, (enum offer_status)to));
        }
    }
}

/* The present of the database, not of the tests. */
static int64_t present_us(void)
{
    return clock_now_us(clock_system());
}

static void expires_offers_whose_time_is_over(void **state)
{
    struct store *store = store_of(state);
    struct decision open = decision_of(4, 8, true), stands;
    int64_t expired = -1;
    open.offer.expires_at_us = present_us() + HOUR_US;
    persons_add(store, 1, 4);
    decision_add(store, 1, 5, true);
    decision_add(store, 2, 6, true);
    offer_add_accepted(store, 3, 7);
    assert_int_equal(decision_record(store, &open, &no_key, &stands), STATUS_OK);
    assert_int_equal(store_offers_expire(store, present_us(), present_us(), &expired), STATUS_OK);
    assert_int_equal(expired, 2);
    assert_int_equal(offer_status_of(store, 1, 5), OFFER_expired);
    assert_int_equal(offer_status_of(store, 2, 6), OFFER_expired);
    assert_int_equal(offer_status_of(store, 3, 7), OFFER_accepted);
    assert_int_equal(offer_status_of(store, 4, 8), OFFER_offered);
    assert_int_equal(store_offers_expire(store, present_us(), present_us(), &expired), STATUS_OK);
    assert_int_equal(expired, 0);
}

/* Of the two clocks it is the process's machine's; offers and the database go by the other. */
static void a_wrong_clock_expires_nothing(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    int64_t expired = -1;
    struct decision open = decision_of(1, 5, true), stands;
    open.offer.expires_at_us = present_us() + HOUR_US;
    persons_add(fixture->store, 1, 1);
    assert_int_equal(decision_record(fixture->store, &open, &no_key, &stands), STATUS_OK);
    assert_int_equal(
        store_offers_expire(fixture->store, present_us(), present_us() + 20 * HOUR_US, &expired),
        STATUS_OK);
    assert_int_equal(expired, 0);
    assert_int_equal(offer_status_of(fixture->store, 1, 5), OFFER_offered);
}

static void expires_more_than_one_part(void **state)
{
    enum { COUNT = 1100 }; /* a part is 1000 */
    struct store_fixture *fixture = fixture_of(state);
    int64_t expired = -1;
    persons_add(fixture->store, 1, COUNT);
    for (int i = 0; i < COUNT; i++)
        decision_add(fixture->store, 1 + i, 10000 + i, true);
    assert_int_equal(store_offers_expire(fixture->store, present_us(), present_us(), &expired),
                     STATUS_OK);
    assert_int_equal(expired, COUNT);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'expired'"),
                     COUNT);
}

static int changes(const struct answers *answers)
{
    int total = 0;
    for (int i = 0; i < WORKERS; i++) {
        assert_int_equal(answers->status[i], STATUS_OK);
        total += answers->changed[i];
    }
    return total;
}

static void accept_same(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    answers->status[number] = offer_try_accept(store, 1, 5, NOW_US, &answers->changed[number]);
}

static void activate_same(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    answers->status[number] = offer_try_activate(store, 1, 5, &answers->changed[number]);
}

static void of_many_who_accept_and_activate_one_changes_it(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers accepted = {0}, activated = {0};
    persons_add(fixture->store, 1, 1);
    decision_add(fixture->store, 1, 5, true);
    store_fixture_at_once(fixture, WORKERS, accept_same, &accepted);
    assert_int_equal(changes(&accepted), 1);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM outbox"), 1);
    store_fixture_at_once(fixture, WORKERS, activate_same, &activated);
    assert_int_equal(changes(&activated), 1);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM outbox"), 2);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM notifications"), 1);
}

static void activate_own(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    answers->status[number] = offer_try_activate(store, 1, 10 + number, &answers->changed[number]);
}

static void of_many_lines_one_is_active(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {0};
    persons_add(fixture->store, 1, 1);
    for (int i = 0; i < WORKERS; i++)
        offer_add_accepted(fixture->store, 1, 10 + i);
    store_fixture_at_once(fixture, WORKERS, activate_own, &answers);
    assert_int_equal(changes(&answers), WORKERS);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'active'"), 1);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'superseded'"),
                     WORKERS - 1);
}

/* An acceptance meets decisions that take the offer back. */
static void accept_or_deny(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct decision denial = decision_of(1, 10 + number, false), stands;
    if (number == WORKERS / 2)
        answers->status[number] = offer_try_accept(store, 1, 5, NOW_US, &answers->changed[number]);
    else
        answers->status[number] = decision_record(store, &denial, &no_key, &stands);
}

static void an_acceptance_and_a_denial_agree(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {0};
    persons_add(fixture->store, 1, 1);
    decision_add(fixture->store, 1, 5, true);
    store_fixture_at_once(fixture, WORKERS, accept_or_deny, &answers);
    bool accepted = answers.changed[WORKERS / 2];
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(answers.status[i],
                         i == WORKERS / 2 && !accepted ? STATUS_NOT_FOUND : STATUS_OK);
    assert_int_equal(offer_status_of(fixture->store, 1, 5),
                     accepted ? OFFER_accepted : OFFER_superseded);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM outbox"), accepted);
}

static void lists_offers_newest_first(void **state)
{
    enum { COUNT = 5 };
    struct store *store = store_of(state);
    struct uuid user_id = uuid_of(1), none = uuid_of(2);
    struct offer out[COUNT], expected = decision_of(1, 10 + COUNT - 1, true).offer;
    struct page page = {.offset = 0, .size = 2};
    size_t count;
    int64_t total;
    persons_add(store, 1, 2);
    for (int i = 0; i < COUNT; i++)
        decision_add(store, 1, 10 + i, true);
    assert_int_equal(store_offers_list(store, &user_id, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(total, COUNT);
    offer_check(&out[0], &expected);
    page = (struct page){.offset = 4, .size = 5};
    assert_int_equal(store_offers_list(store, &user_id, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 1);
    expected = decision_of(1, 10, true).offer;
    expected.status = OFFER_superseded;
    offer_check(&out[0], &expected);
    assert_int_equal(store_offers_list(store, &none, page, out, &count, &total), STATUS_OK);
    assert_int_equal(count, 0);
    assert_int_equal(total, 0);
}

static struct acceptance acceptance_of(int person, int number)
{
    return (struct acceptance){.offer_id = uuid_of(number),
                               .user_id = uuid_of(person),
                               .now_us = NOW_US,
                               .event = message_of(STREAM_CREDITS, number)};
}

/* Each has the answer that they would have had alone. */
static void offers_are_accepted_together(void **state)
{
    enum { COUNT = 7 };
    struct store *store = store_of(state);
    persons_add(store, 1, 5);
    for (int i = 1; i <= 4; i++)
        decision_add(store, i, i, true);
    offer_add_accepted(store, 5, 5);
    struct acceptance all[COUNT] = {
        acceptance_of(4, 4), acceptance_of(1, 1), acceptance_of(2, 3), /* another's */
        acceptance_of(3, 3), acceptance_of(1, 1), acceptance_of(5, 5), acceptance_of(2, 9)};
    all[3].now_us = NOW_US + 8 * DAY_US; /* it has expired by then */
    static const enum status wanted[COUNT] = {STATUS_OK,        STATUS_OK, STATUS_NOT_FOUND,
                                              STATUS_NOT_FOUND, STATUS_OK, STATUS_OK,
                                              STATUS_NOT_FOUND};
    static const bool changed[COUNT] = {true, true};
    int64_t events = sql_number(fixture_of(state), "SELECT count(*) FROM outbox");
    assert_int_equal(store_acceptances_read(store, all, COUNT), STATUS_OK);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(all[i].status, i == 2 || i == 6 ? STATUS_NOT_FOUND : STATUS_OK);
    store_offers_accept(store, all, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(all[i].status, wanted[i]);
        assert_int_equal(all[i].changed, changed[i]);
    }
    assert_int_equal(offer_status_of(store, 1, 1), OFFER_accepted);
    assert_int_equal(offer_status_of(store, 2, 2), OFFER_offered);
    assert_int_equal(offer_status_of(store, 3, 3), OFFER_offered);
    assert_int_equal(offer_status_of(store, 4, 4), OFFER_accepted);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), events + 2);
}

/* Text that the database refuses is one's own harm. */
static void one_bad_acceptance_hurts_itself_only(void **state)
{
    struct store *store = store_of(state);
    persons_add(store, 1, 3);
    for (int i = 1; i <= 3; i++)
        decision_add(store, i, i, true);
    struct acceptance all[] = {acceptance_of(1, 1), acceptance_of(2, 2), acceptance_of(3, 3)};
    strcpy(all[1].event.request_id, "\xff");
    store_offers_accept(store, all, 3);
    assert_int_equal(all[0].status, STATUS_OK);
    assert_int_equal(all[1].status, STATUS_INVALID);
    assert_int_equal(all[2].status, STATUS_OK);
    assert_int_equal(offer_status_of(store, 2, 2), OFFER_offered);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM outbox"), 2);
}

static void accept_all(struct store *store, int number, void *context)
{
    enum { COUNT = 8 };
    struct answers *answers = context;
    struct acceptance all[COUNT];
    for (int i = 0; i < COUNT; i++) {
        int person = 1 + (number % 2 == 0 ? i : COUNT - 1 - i);
        all[i] = acceptance_of(person, person);
    }
    store_offers_accept(store, all, COUNT);
    for (int i = 0; i < COUNT; i++) {
        if (all[i].status != STATUS_OK)
            answers->status[number] = all[i].status;
    }
}

static void of_many_batches_each_offer_is_accepted_once(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {.status = {STATUS_OK}};
    persons_add(fixture->store, 1, 8);
    for (int i = 1; i <= 8; i++)
        decision_add(fixture->store, i, i, true);
    store_fixture_at_once(fixture, WORKERS, accept_all, &answers);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(answers.status[i], STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM outbox"), 8);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'accepted'"),
                     8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(accepts_an_offer),
        STORE_TEST(accepting_again_changes_nothing),
        STORE_TEST(accepts_nothing_else),
        STORE_TEST(activates_an_accepted_offer),
        STORE_TEST(activates_nothing_else),
        STORE_TEST(finds_what_waits),
        STORE_TEST(a_newer_line_takes_the_place_of_the_older),
        STORE_TEST(the_database_forbids_two_lines),
        STORE_TEST(the_database_forbids_what_cannot_be),
        STORE_TEST(the_database_takes_the_steps_of_the_table),
        STORE_TEST(expires_offers_whose_time_is_over),
        STORE_TEST(a_wrong_clock_expires_nothing),
        STORE_TEST(expires_more_than_one_part),
        STORE_TEST(of_many_who_accept_and_activate_one_changes_it),
        STORE_TEST(of_many_lines_one_is_active),
        STORE_TEST(an_acceptance_and_a_denial_agree),
        STORE_TEST(lists_offers_newest_first),
        STORE_TEST(offers_are_accepted_together),
        STORE_TEST_POSTGRES(one_bad_acceptance_hurts_itself_only),
        STORE_TEST(of_many_batches_each_offer_is_accepted_once),
    };
    return cmocka_run_group_tests_name("store_offers", tests, store_server_start, store_server_end);
}
