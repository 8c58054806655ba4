/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does with decisions that are recorded together (store/decisions.h): each has the
 * answer that it would have had alone.
 */
#include "store_fixture.h"

#include <libpq-fe.h>

#include "store/decisions.h"
#include "store/log.h"
#include "store/offers.h"
#include "store/store.h"

enum { COUNT = 8 };

/* Decisions of persons 1 to `count`, of numbers that follow. */
struct batch {
    struct decision decisions[REQUESTS_AT_ONCE_MAX], stands[REQUESTS_AT_ONCE_MAX];
    struct idempotency keys[REQUESTS_AT_ONCE_MAX];
    struct decision_record records[REQUESTS_AT_ONCE_MAX];
    size_t count, told;
};

static void batch_add(struct batch *batch, int person, int number, bool approved)
{
    size_t place = batch->count++;
    batch->decisions[place] = decision_of(person, number, approved);
    batch->keys[place] = no_key;
    batch->records[place] = (struct decision_record){.decision = &batch->decisions[place],
                                                     .idempotency = &batch->keys[place],
                                                     .stands = &batch->stands[place],
                                                     .status = STATUS_INTERNAL};
}

static void batch_begin(struct batch *batch, int first, int count, int number)
{
    *batch = (struct batch){.count = 0};
    for (int i = 0; i < count; i++)
        batch_add(batch, first + i, number + i, i % 2 == 0);
}

static void told(struct decision_record *record, void *context)
{
    struct batch *batch = context;
    assert_true(record >= batch->records && record < batch->records + batch->count);
    batch->told++;
}

static void batch_record(struct store *store, struct batch *batch)
{
    batch->told = 0;
    store_decisions_record(store, batch->records, batch->count, told, batch);
    assert_int_equal(batch->told, batch->count);
}

static void check_recorded(const struct batch *batch, size_t place)
{
    assert_int_equal(batch->records[place].status, STATUS_OK);
    assert_true(uuid_equal(&batch->stands[place].id, &batch->decisions[place].id));
}

/* Heads, log and decisions agree: so many decisions, each the end of its shard's chain once. */
static void check_log(struct store_fixture *fixture, int decisions)
{
    struct log_shard shards[LOG_SHARDS_ALL];
    struct log_head heads[2 * REQUESTS_AT_ONCE_MAX];
    size_t shard_count, count;
    int64_t logged = 0;
    assert_int_equal(store_log_shards(fixture->store, shards, &shard_count), STATUS_OK);
    for (size_t i = 0; i < shard_count && shards[i].shard < LOG_SHARDS; i++) {
        struct hash seal = {{0}};
        assert_int_equal(store_log_scan(fixture->store, shards[i].shard, 0, heads,
                                        sizeof heads / sizeof heads[0], &count),
                         STATUS_OK);
        assert_int_equal(count, shards[i].position);
        for (size_t k = 0; k < count; k++, logged++) {
            assert_int_equal(heads[k].position, k + 1);
            assert_true(heads[k].found);
            seal = decision_log_seal(&seal, &heads[k].user_id, &heads[k].head);
            assert_memory_equal(&seal, &heads[k].seal, sizeof seal);
        }
        assert_memory_equal(&seal, &shards[i].seal, sizeof seal);
    }
    assert_int_equal(logged, decisions);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decisions"), decisions);
    assert_int_equal(sql_number(fixture, "SELECT sum(count) FROM decision_heads"), decisions);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decision_heads h JOIN decisions d"
                                         " ON d.user_id = h.user_id AND d.entry = h.entry"),
                     sql_number(fixture, "SELECT count(*) FROM decision_heads"));
}

static void reads_states_and_tiles_of_many(void **state)
{
    struct store *store = store_of(state);
    struct credit_state states[3] = {
        {.user_id = uuid_of(2)}, {.user_id = uuid_of(9)}, {.user_id = uuid_of(1)}};
    struct decision last = decision_of(2, 5, true);
    persons_add(store, 1, 2);
    decision_add(store, 2, 5, true);
    assert_int_equal(store_credit_states(store, states, 3), STATUS_OK);
    assert_int_equal(states[0].status, STATUS_OK);
    assert_true(states[0].has_decision);
    assert_true(uuid_equal(&states[0].last.id, &last.id));
    offer_check(&states[0].last.offer, &last.offer);
    assert_int_equal(states[0].head.count, 1);
    assert_memory_equal(&states[0].head.entry, &states[0].last.entry, sizeof last.entry);
    assert_int_equal(states[1].status, STATUS_NOT_FOUND);
    assert_int_equal(states[2].status, STATUS_OK);
    assert_false(states[2].has_decision);
    assert_int_equal(states[2].head.count, 0);
}

struct people_found {
    size_t count;
    int64_t events[4]; /* by the number of the person */
    int64_t versions[4];
};

static void tiles_count(const struct uuid *user_id, int64_t version,
                        const struct person_tiles *tiles, void *context)
{
    struct people_found *found = context;
    size_t person = user_id->bytes[15];
    found->count++;
    found->versions[person] = version;
    for (size_t i = 0; i < tiles->emotion_count; i++)
        found->events[person] += tiles->emotions[i].event_count;
    for (size_t i = 1; i < tiles->emotion_count; i++)
        assert_true(tiles->emotions[i - 1].hour_us < tiles->emotions[i].hour_us);
}

static void each_has_tiles_of_their_own(void **state)
{
    enum { EVENTS = 12 };
    struct store *store = store_of(state);
    struct emotion_event events[EVENTS];
    enum event_result results[EVENTS];
    struct tiles_wanted wanted[4] = {{.user_id = uuid_of(3), .now_us = NOW_US},
                                     {.user_id = uuid_of(1), .now_us = NOW_US},
                                     {.user_id = uuid_of(7), .now_us = NOW_US},
                                     {.user_id = uuid_of(2), .now_us = NOW_US - 5 * HOUR_US}};
    struct people_found found = {0};
    persons_add(store, 1, 3);
    for (int i = 0; i < EVENTS; i++)
        events[i] = feeling_of(1 + i % 2, i, i * HOUR_US);
    assert_int_equal(store_emotions_apply(store, events, EVENTS, results), STATUS_OK);
    assert_int_equal(store_tiles_read(store, wanted, 4, tiles_count, &found), STATUS_OK);
    assert_int_equal(found.count, 3);
    assert_int_equal(found.events[1], 6);
    assert_int_equal(found.events[2], 4); /* of twelve hours' six, those of five hours ago */
    assert_int_equal(found.events[3], 0);
    assert_int_equal(found.versions[1], 1);
    assert_int_equal(found.versions[3], 0);
}

static void records_all_together(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct batch batch;
    persons_add(fixture->store, 1, REQUESTS_AT_ONCE_MAX);
    for (int round = 0; round < 2; round++) {
        batch_begin(&batch, 1, REQUESTS_AT_ONCE_MAX, 1 + 100 * round);
        batch_record(fixture->store, &batch);
        for (size_t i = 0; i < batch.count; i++) {
            struct decision read;
            check_recorded(&batch, i);
            assert_int_equal(store_decision_read(fixture->store, &batch.decisions[i].id,
                                                 &batch.decisions[i].user_id, &read),
                             STATUS_OK);
            assert_memory_equal(&read.entry, &batch.stands[i].entry, sizeof read.entry);
            struct hash entry = decision_log_entry(&read);
            assert_memory_equal(&read.entry, &entry, sizeof entry);
            if (read.has_offer)
                offer_check(&read.offer, &batch.decisions[i].offer);
        }
        check_log(fixture, (round + 1) * REQUESTS_AT_ONCE_MAX);
    }
    assert_int_equal(offer_status_of(fixture->store, 1, 1), OFFER_superseded);
    assert_int_equal(offer_status_of(fixture->store, 1, 101), OFFER_offered);
}

/* Of who comes twice, the second sees the decision of the first, as if it had come later. */
static void a_person_may_come_twice(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct batch batch;
    persons_add(fixture->store, 1, COUNT);
    batch_begin(&batch, 1, COUNT, 1);
    batch_add(&batch, 3, 103, true); /* of other inputs */
    batch_add(&batch, 1, 101, true);
    batch.decisions[COUNT + 1].inputs = batch.decisions[0].inputs;
    batch_record(fixture->store, &batch);
    for (size_t i = 0; i <= COUNT; i++)
        check_recorded(&batch, i);
    assert_int_equal(batch.records[COUNT + 1].status, STATUS_OK);
    assert_true(uuid_equal(&batch.stands[COUNT + 1].id, &batch.decisions[0].id));
    assert_memory_equal(&batch.stands[COUNT].previous, &batch.stands[2].entry, sizeof(struct hash));
    assert_int_equal(offer_status_of(fixture->store, 3, 3), OFFER_superseded);
    assert_int_equal(offer_status_of(fixture->store, 3, 103), OFFER_offered);
    check_log(fixture, COUNT + 1);
}

/* Each for itself: nobody, a key that was used, one that is answered, a decision that stands. */
static void each_has_an_answer_of_its_own(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct idempotency used = {.key = "key", .request = hash_of_number(1)};
    struct decision before = decision_of(2, 50, true), out;
    struct batch batch;
    persons_add(fixture->store, 1, 5);
    decision_add(fixture->store, 4, 70, true);
    assert_int_equal(decision_record(fixture->store, &before, &used, &out), STATUS_OK);
    before = decision_of(3, 60, false);
    assert_int_equal(decision_record(fixture->store, &before, &used, &out), STATUS_OK);
    batch_begin(&batch, 1, 6, 101); /* the sixth is nobody */
    batch.keys[1] = used;
    batch.keys[2] = (struct idempotency){.key = "key", .request = hash_of_number(2)};
    batch.decisions[3].inputs = hash_of_number(70);
    batch.keys[3] = used;
    batch.keys[4] = used;
    batch_record(fixture->store, &batch);
    check_recorded(&batch, 0);
    assert_int_equal(batch.records[1].status, STATUS_OK);
    struct uuid answered = uuid_of(50), standing = uuid_of(70);
    assert_true(uuid_equal(&batch.stands[1].id, &answered));
    assert_int_equal(batch.records[2].status, STATUS_CONFLICT);
    assert_int_equal(batch.records[3].status, STATUS_OK);
    assert_true(uuid_equal(&batch.stands[3].id, &standing));
    assert_int_equal(batch.stands[3].features_version, 3); /* read as a whole */
    check_recorded(&batch, 4);
    assert_int_equal(batch.records[5].status, STATUS_NOT_FOUND);
    check_log(fixture, 5);
    /* The keys of the batch are answered by what was recorded under them. */
    for (size_t i = 3; i < 5; i++) {
        struct uuid user_id = uuid_of((int)i + 1);
        assert_int_equal(store_decision_by_key(fixture->store, &user_id, &used, &out), STATUS_OK);
        assert_true(uuid_equal(&out.id, &batch.stands[i].id));
    }
}

static void one_bad_row_hurts_itself_only(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct batch batch;
    persons_add(fixture->store, 1, COUNT);
    batch_begin(&batch, 1, COUNT, 1);
    batch.decisions[3].risk = MILLIONTHS + 1;
    batch_record(fixture->store, &batch);
    for (size_t i = 0; i < COUNT; i++)
        if (i != 3)
            check_recorded(&batch, i);
    assert_int_equal(batch.records[3].status, STATUS_INVALID);
    check_log(fixture, COUNT - 1);
}

/* As if the answer to COMMIT was lost, and the offer was accepted before all is recorded again. */
static void what_was_recorded_is_found_again(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct batch batch;
    bool changed;
    persons_add(fixture->store, 1, COUNT);
    batch_begin(&batch, 1, COUNT, 1);
    batch_record(fixture->store, &batch);
    assert_int_equal(offer_try_accept(fixture->store, 1, 1, NOW_US, &changed), STATUS_OK);
    batch_record(fixture->store, &batch);
    for (size_t i = 0; i < COUNT; i++)
        check_recorded(&batch, i);
    assert_int_equal(batch.stands[0].offer.status, OFFER_accepted);
    check_log(fixture, COUNT);
}

static void expired_offers_end_as_such(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct batch batch;
    persons_add(fixture->store, 1, 2);
    decision_add(fixture->store, 1, 5, true);
    decision_add(fixture->store, 2, 6, true);
    batch_begin(&batch, 1, 2, 11);
    batch.decisions[0].decided_at_us += 8 * DAY_US; /* each at a moment of its own */
    batch.decisions[0].offer.created_at_us += 8 * DAY_US;
    batch.decisions[0].offer.expires_at_us += 8 * DAY_US;
    batch.decisions[1].decided_at_us += HOUR_US;
    batch_record(fixture->store, &batch);
    assert_int_equal(offer_status_of(fixture->store, 1, 5), OFFER_expired);
    assert_int_equal(offer_status_of(fixture->store, 2, 6), OFFER_superseded);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers o JOIN decisions d"
                                         " ON d.user_id = o.user_id AND d.decided_at = o.updated_at"
                                         " WHERE o.status IN ('expired', 'superseded')"),
                     2);
}

/* All of one batch, whose persons come in the opposite order of the other's. */
static void record_in_some_order(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    for (int round = 0; round < 5; round++) {
        struct batch batch = {.count = 0};
        for (int i = 0; i < COUNT; i++)
            batch_add(&batch, 1 + (number % 2 == 0 ? i : COUNT - 1 - i),
                      1 + 1000 * number + 100 * round + i, i % 2 == 0);
        store_decisions_record(store, batch.records, batch.count, told, &batch);
        for (size_t i = 0; i < batch.count; i++)
            if (batch.records[i].status != STATUS_OK)
                answers->status[number] = batch.records[i].status;
    }
}

static void batches_at_once_do_not_wait_for_each_other(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {.status = {STATUS_OK}};
    persons_add(fixture->store, 1, COUNT);
    store_fixture_at_once(fixture, 4, record_in_some_order, &answers);
    for (int i = 0; i < 4; i++)
        assert_int_equal(answers.status[i], STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decisions"), 4 * 5 * COUNT);
    assert_int_equal(sql_number(fixture, "SELECT sum(count) FROM decision_heads"), 4 * 5 * COUNT);
    assert_int_equal(sql_number(fixture, "SELECT sum(position) FROM log_shards"), 4 * 5 * COUNT);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM offers WHERE status = 'offered'"),
                     sql_number(fixture, "SELECT count(*) FROM (SELECT user_id, max(position) AS p"
                                         " FROM decisions GROUP BY user_id) l JOIN decisions d"
                                         " ON d.user_id = l.user_id AND d.position = l.p"
                                         " WHERE d.approved"));
}

/* Who is held by somebody else waits alone: when that ends is told by who was told before. */
struct held {
    struct batch batch;
    PGconn *holder;
    size_t before; /* told while the person was held */
};

static void told_while_held(struct decision_record *record, void *context)
{
    struct held *held = context;
    held->batch.told++;
    if (held->batch.told == COUNT - 1) {
        held->before = held->batch.told;
        PQclear(PQexec(held->holder, "ROLLBACK"));
    }
    assert_int_equal(record->status, STATUS_OK);
}

static void a_person_who_is_held_holds_up_nobody_else(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct held held = {.before = 0};
    persons_add(fixture->store, 1, COUNT);
    batch_begin(&held.batch, 1, COUNT, 1);
    held.holder = PQconnectdb(fixture->url);
    PQclear(PQexec(held.holder, "BEGIN"));
    PQclear(PQexec(held.holder, "SELECT id FROM users WHERE id ="
                                " '00000000-0000-0000-0000-000000000003' FOR UPDATE"));
    store_decisions_record(fixture->store, held.batch.records, COUNT, told_while_held, &held);
    PQfinish(held.holder);
    assert_int_equal(held.before, COUNT - 1);
    assert_int_equal(held.batch.told, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        check_recorded(&held.batch, i);
    check_log(fixture, COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(reads_states_and_tiles_of_many),
        STORE_TEST(each_has_tiles_of_their_own),
        STORE_TEST(records_all_together),
        STORE_TEST(a_person_may_come_twice),
        STORE_TEST(each_has_an_answer_of_its_own),
        STORE_TEST(one_bad_row_hurts_itself_only),
        STORE_TEST(what_was_recorded_is_found_again),
        STORE_TEST(expired_offers_end_as_such),
        STORE_TEST(batches_at_once_do_not_wait_for_each_other),
        STORE_TEST_POSTGRES(a_person_who_is_held_holds_up_nobody_else),
    };
    return cmocka_run_group_tests_name("store, decisions together", tests, store_server_start,
                                       store_server_end);
}
