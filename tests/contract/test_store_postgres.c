/* SPDX-License-Identifier: Apache-2.0
 *
 * What a store on PostgreSQL does beside: servers that go, freeze and come back, held locks,
 * partitions.
 */
#include "store_fixture.h"

#include "adapters/clock.h"
#include <signal.h>
#include <stdlib.h>

#include "store/decisions.h"
#include "store/events.h"
#include "store/messages.h"
#include "store/people.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/sweep.h"

#include <libpq-fe.h>

/* A statement that some store is in just now. */
#define BACKENDS "pg_stat_activity WHERE application_name = 'ecs' AND datname = current_database()"

static void wait_for_number(struct store_fixture *fixture, const char *text, int64_t number)
{
    int64_t limit_us = steady_us() + 20 * SECOND_US;
    while (sql_number(fixture, text) != number && steady_us() < limit_us)
        usleep(2000);
    assert_int_equal(sql_number(fixture, text), number);
}

/* The store may find out by failing once; it then connects anew. */
static void check_recovers(struct store *store)
{
    enum status status = store_ping(store);
    assert_true(status == STATUS_OK || status == STATUS_UNAVAILABLE);
    assert_int_equal(store_ping(store), STATUS_OK);
}

static void refuses_what_is_no_url(void **state)
{
    struct store *store;
    (void)state;
    assert_int_equal(store_postgres_open("postgresql://%zz", &store), STATUS_INVALID);
    assert_int_equal(store_postgres_open("colour=red", &store), STATUS_INVALID);
}

static void says_so_when_nobody_answers(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct store *store, *other;
    struct user user = person_of(1);
    assert_int_equal(store_postgres_open("host=/nowhere/at/all dbname=x", &store), STATUS_OK);
    assert_int_equal(store_ping(store), STATUS_UNAVAILABLE);
    assert_int_equal(store_user_create(store, &user), STATUS_UNAVAILABLE);
    assert_int_equal(store_user_by_id(store, &user.id, &user), STATUS_UNAVAILABLE);
    /* Nobody tries again so soon; what looks after the server does, and ends the pause for all. */
    int64_t failed_us = steady_us();
    assert_int_equal(store_ping(store), STATUS_UNAVAILABLE);
    store_close(store);
    assert_int_equal(store_postgres_open(fixture->url, &other), STATUS_OK);
    enum status status = store_user_by_id(other, &user.id, &user);
    assert_true(status == STATUS_UNAVAILABLE || steady_us() - failed_us >= STORE_REST_US);
    assert_int_equal(store_ping(fixture->store), STATUS_OK);
    assert_int_equal(store_user_by_id(other, &user.id, &user), STATUS_NOT_FOUND);
    store_close(other);
}

static void connects_anew_after_an_idle_connection_was_ended(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sql_number(fixture, "SELECT count(*) FROM " BACKENDS), 1);
        assert_true(sql_takes(fixture, "SELECT pg_terminate_backend(pid) FROM " BACKENDS));
        wait_for_number(fixture, "SELECT count(*) FROM " BACKENDS, 0);
        check_recovers(fixture->store);
    }
    persons_add(fixture->store, 1, 1);
}

/* Holds the person's rows from another session. */
static PGconn *person_hold(struct store_fixture *fixture)
{
    PGconn *holder = PQconnectdb(fixture->url);
    PQclear(PQexec(holder, "BEGIN"));
    PGresult *result = PQexec(holder, "SELECT 1 FROM users u JOIN feature_versions v"
                                      " ON v.user_id = u.id FOR UPDATE");
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    PQclear(result);
    return holder;
}

struct call {
    struct store *store;
    enum status status;
};

static void *apply_in_thread(void *context)
{
    struct call *call = context;
    struct emotion_event event = feeling_of(1, 1, 0);
    enum event_result result;
    call->status = store_emotions_apply(call->store, &event, 1, &result);
    return NULL;
}

static void *record_in_thread(void *context)
{
    struct call *call = context;
    struct decision decision = decision_of(1, 5, true), stands;
    call->status = decision_record(call->store, &decision, &no_key, &stands);
    return NULL;
}

/* Starts the call, does `statement` to its session while it waits for the held person, and gives
 * its status. */
static enum status call_disturbed(struct store_fixture *fixture, void *(*run)(void *),
                                  const char *statement)
{
    PGconn *holder = person_hold(fixture);
    struct call call = {.store = fixture->store};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, &call), 0);
    wait_for_number(fixture, "SELECT count(*) FROM " BACKENDS " AND wait_event_type = 'Lock'", 1);
    assert_true(sql_takes(fixture, statement));
    pthread_join(thread, NULL);
    PQfinish(holder);
    return call.status;
}

static void check_batch_once(struct store_fixture *fixture, enum event_result expected)
{
    struct emotion_event event = feeling_of(1, 1, 0);
    enum event_result result;
    assert_int_equal(store_emotions_apply(fixture->store, &event, 1, &result), STATUS_OK);
    assert_int_equal(result, expected);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events"), 1);
    assert_int_equal(sql_number(fixture, "SELECT sum(event_count) FROM emotion_tiles"), 1);
}

static void a_batch_whose_connection_is_ended_leaves_nothing(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    assert_int_equal(
        call_disturbed(fixture, apply_in_thread, "SELECT pg_terminate_backend(pid) FROM " BACKENDS),
        STATUS_UNAVAILABLE);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM event_keys"), 0);
    check_batch_once(fixture, EVENT_COUNTED);
    check_batch_once(fixture, EVENT_DUPLICATE);
}

static void a_decision_whose_connection_is_ended_is_not_recorded(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    assert_int_equal(call_disturbed(fixture, record_in_thread,
                                    "SELECT pg_terminate_backend(pid) FROM " BACKENDS),
                     STATUS_UNAVAILABLE);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM decisions"), 0);
    decision_add(fixture->store, 1, 5, true);
}

static void a_statement_that_is_cancelled_can_be_repeated(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    assert_int_equal(
        call_disturbed(fixture, record_in_thread, "SELECT pg_cancel_backend(pid) FROM " BACKENDS),
        STATUS_UNAVAILABLE);
    decision_add(fixture->store, 1, 5, true);
}

/* The batch meets the erasure of its person half done: it waits, and then finds nobody. */
static void a_batch_waits_for_its_person_to_go(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct emotion_event event = feeling_of(1, 1, 0);
    enum event_result result;
    persons_add(fixture->store, 1, 1);
    PGconn *eraser = PQconnectdb(fixture->url);
    PQclear(PQexec(eraser, "BEGIN; DELETE FROM users"));
    struct call call = {.store = fixture->store};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, apply_in_thread, &call), 0);
    wait_for_number(fixture, "SELECT count(*) FROM " BACKENDS " AND wait_event_type = 'Lock'", 1);
    PQclear(PQexec(eraser, "COMMIT"));
    PQfinish(eraser);
    pthread_join(thread, NULL);
    assert_int_equal(call.status, STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_tiles"), 0);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events"), 0);
    assert_int_equal(store_emotions_apply(fixture->store, &event, 1, &result), STATUS_OK);
    assert_int_equal(result, EVENT_UNKNOWN_USER);
}

static void claims_what_nobody_else_is_claiming(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct outbox_row out[4];
    size_t count;
    persons_add(fixture->store, 1, 4);
    for (int i = 1; i <= 4; i++)
        offer_add_accepted(fixture->store, i, i);
    PGconn *other = PQconnectdb(fixture->url);
    PQclear(PQexec(other, "BEGIN; UPDATE outbox SET claimed_until = 'infinity'"
                          " WHERE id IN (SELECT id FROM outbox ORDER BY id LIMIT 2)"));
    assert_int_equal(store_outbox_claim(fixture->store, NOW_US, out, 4, &count), STATUS_OK);
    assert_int_equal(count, 2);
    assert_int_equal(out[0].id, sql_number(fixture, "SELECT id FROM outbox ORDER BY id OFFSET 2"));
    PQfinish(other);
}

static void waits_for_a_lock_only_so_long(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    persons_add(fixture->store, 1, 1);
    PGconn *holder = person_hold(fixture);
    struct call call = {.store = fixture->store};
    int64_t start_us = steady_us();
    apply_in_thread(&call);
    int64_t waited_us = steady_us() - start_us;
    assert_int_equal(call.status, STATUS_UNAVAILABLE);
    assert_true(waited_us >= (STORE_LOCK_MS - 100) * 1000LL);
    assert_true(waited_us < STORE_DEADLINE_US);
    PQfinish(holder);
    check_batch_once(fixture, EVENT_COUNTED);
}

/* The one test that waits for STORE_DEADLINE_US. */
static void waits_for_a_frozen_server_only_so_long(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct user user = person_of(1);
    pid_t pid = (pid_t)sql_number(fixture, "SELECT pid FROM " BACKENDS);
    assert_int_equal(kill(pid, SIGSTOP), 0);
    int64_t start_us = steady_us();
    enum status status = store_user_by_id(fixture->store, &user.id, &user);
    int64_t waited_us = steady_us() - start_us;
    assert_int_equal(kill(pid, SIGCONT), 0);
    assert_int_equal(status, STATUS_UNAVAILABLE);
    assert_true(waited_us < STORE_DEADLINE_US + 2 * SECOND_US);
    assert_int_equal(store_ping(fixture->store), STATUS_OK);
}

/* As soon as one handle knows that the server is silent, all of them do, also those that wait. */
static void nobody_waits_for_a_silent_server(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct user user = person_of(1);
    struct call call;
    pthread_t thread;
    persons_add(fixture->store, 1, 1);
    assert_int_equal(store_postgres_open(fixture->url, &call.store), STATUS_OK);
    assert_int_equal(store_ping(call.store), STATUS_OK);
    pid_t pids[] = {(pid_t)sql_number(fixture, "SELECT min(pid) FROM " BACKENDS),
                    (pid_t)sql_number(fixture, "SELECT max(pid) FROM " BACKENDS)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(kill(pids[i], SIGSTOP), 0);
    int64_t start_us = steady_us();
    assert_int_equal(pthread_create(&thread, NULL, apply_in_thread, &call), 0);
    enum status status = store_ping(fixture->store);
    pthread_join(thread, NULL);
    int64_t waited_us = steady_us() - start_us;
    enum status later = store_user_by_id(call.store, &user.id, &user);
    for (int i = 0; i < 2; i++)
        assert_int_equal(kill(pids[i], SIGCONT), 0);
    assert_int_equal(status, STATUS_UNAVAILABLE);
    assert_int_equal(call.status, STATUS_UNAVAILABLE);
    assert_int_equal(later, STATUS_UNAVAILABLE);
    assert_in_range(waited_us, ENGINE_SILENCE_US, STORE_DEADLINE_US - SECOND_US);
    assert_int_equal(store_ping(fixture->store), STATUS_OK);
    assert_int_equal(store_user_by_id(call.store, &user.id, &user), STATUS_OK);
    store_close(call.store);
}

static void works_again_after_a_restart(void **state)
{
    static const int signals[] = {SIGINT, SIGQUIT};
    struct store_fixture *fixture = fixture_of(state);
    struct store *store = fixture->store;
    struct user user;
    persons_add(store, 1, 1);
    check_batch_once(fixture, EVENT_COUNTED);
    for (int i = 0; i < 2; i++) {
        struct emotion_event event = feeling_of(1, 1, 0);
        enum event_result result;
        postgres_server_stop(fixture->server, signals[i]);
        assert_int_equal(store_ping(store), STATUS_UNAVAILABLE);
        assert_int_equal(store_emotions_apply(store, &event, 1, &result), STATUS_UNAVAILABLE);
        postgres_server_again(fixture->server);
        assert_int_equal(store_ping(store), STATUS_OK);
        check_batch_once(fixture, EVENT_DUPLICATE);
        assert_int_equal(store_user_by_email(store, "person-1@example.org", &user), STATUS_OK);
    }
}

/* As after a failover, when the string's host has become a replica. */
static void leaves_a_server_that_takes_no_writes(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct user user = person_of(1);
    assert_true(sql_takes(fixture, "ALTER ROLE ecs SET default_transaction_read_only = on"));
    assert_true(sql_takes(fixture, "SELECT pg_terminate_backend(pid) FROM " BACKENDS));
    wait_for_number(fixture, "SELECT count(*) FROM " BACKENDS, 0);
    check_recovers(fixture->store);
    assert_int_equal(store_user_create(fixture->store, &user), STATUS_UNAVAILABLE);
    wait_for_number(fixture, "SELECT count(*) FROM " BACKENDS, 0);
    assert_true(sql_takes(fixture, "BEGIN READ WRITE; ALTER ROLE ecs RESET"
                                   " default_transaction_read_only; COMMIT"));
    assert_int_equal(store_user_create(fixture->store, &user), STATUS_OK);
}

static void keeps_rows_by_the_month(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    /* The present is January 15: two months, then one of them again, then one a year ago. */
    static const int64_t ago_us[] = {0, 15 * DAY_US, 14 * DAY_US, 365 * DAY_US};
    struct emotion_event events[4];
    enum event_result results[4];
    persons_add(fixture->store, 1, 1);
    for (int i = 0; i < 4; i++)
        events[i] = feeling_of(1, i + 1, ago_us[i]);
    assert_int_equal(store_emotions_apply(fixture->store, events, 4, results), STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM pg_inherits i JOIN pg_class c"
                                         " ON c.oid = i.inhparent"
                                         " WHERE c.relname = 'emotion_events'"),
                     3);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events_2026_01"), 2);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events_2025_12"), 1);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events_2025_01"), 1);
}

static void a_month_that_another_dropped_is_made_again(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct store *other = store_fixture_open(fixture);
    struct sweep sweep;
    struct emotion_event events[] = {feeling_of(1, 1, 60 * DAY_US), feeling_of(1, 2, 60 * DAY_US)};
    enum event_result result;
    persons_add(fixture->store, 1, 1);
    assert_int_equal(store_emotions_apply(fixture->store, &events[0], 1, &result), STATUS_OK);
    assert_int_equal(store_sweep(other, clock_now_us(clock_system()),
                                 clock_machine_us(clock_system()), 91 * DAY_US, &sweep),
                     STATUS_OK);
    assert_int_equal(sweep.removed[SWEPT_EMOTIONS], 1);
    assert_int_equal(store_emotions_apply(fixture->store, &events[1], 1, &result), STATUS_OK);
    assert_int_equal(result, EVENT_COUNTED);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events"), 1);
    store_close(other);
}

/* The 256 keys that one sweep may remove take 5.6 s, and a statement has 5 s. */
static void a_slow_database_is_swept_in_smaller_parts(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct sweep sweep;
    assert_true(sql_takes(fixture, "INSERT INTO event_keys (key, content, seen_at)"
                                   " SELECT gen_random_uuid(), gen_random_uuid(),"
                                   " now() - interval '30 days' FROM generate_series(1, 2560)"));
    assert_true(sql_takes(fixture, "CREATE FUNCTION row_slow() RETURNS trigger LANGUAGE plpgsql AS"
                                   " 'BEGIN PERFORM pg_sleep(0.022); RETURN OLD; END'"));
    assert_true(sql_takes(fixture, "CREATE TRIGGER row_slow BEFORE DELETE ON event_keys"
                                   " FOR EACH ROW EXECUTE FUNCTION row_slow()"));
    assert_int_equal(store_sweep(fixture->store, clock_now_us(clock_system()),
                                 clock_machine_us(clock_system()), DAY_US, &sweep),
                     STATUS_OK);
    assert_int_equal(sweep.removed[SWEPT_KEYS], 256);
    assert_true(sweep.held_back);
}

static void apply_new_month(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct emotion_event event = feeling_of(1, number + 1, 200 * DAY_US);
    enum event_result result;
    answers->status[number] = store_emotions_apply(store, &event, 1, &result);
}

static void a_month_is_made_by_one_of_many(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct answers answers = {0};
    persons_add(fixture->store, 1, 1);
    store_fixture_at_once(fixture, WORKERS, apply_new_month, &answers);
    for (int i = 0; i < WORKERS; i++)
        assert_int_equal(answers.status[i], STATUS_OK);
    assert_int_equal(sql_number(fixture, "SELECT count(*) FROM emotion_events"), WORKERS);
}

static void count_up(void *context)
{
    (*(int *)context)++;
}

/* A script of a migration: beyond the five seconds of a statement, and not for ever. */
static void a_patient_script_ends_at_its_own_deadline(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct sql *sql;
    int told = 0;
    struct sql_patience patience = {steady_us() + 60 * SECOND_US, count_up, &told};
    assert_int_equal(sql_postgres_open(fixture->url, &sql), STATUS_OK);
    assert_int_equal(sql_patience(sql, &patience), STATUS_OK);
    assert_int_equal(sql_script(sql, "SELECT pg_sleep(5.5)"), STATUS_OK);
    assert_true(told >= 4);
    patience.deadline_us = steady_us() + SECOND_US;
    assert_int_equal(sql_script(sql, "SELECT pg_sleep(60)"), STATUS_UNAVAILABLE);
    /* It does not go on without us. */
    wait_for_number(fixture,
                    "SELECT count(*) FROM " BACKENDS " AND query LIKE '%pg_sleep(60)%'"
                    " AND state = 'active'",
                    0);
    assert_int_equal(sql_patience(sql, NULL), STATUS_OK);
    assert_int_equal(sql_script(sql, "SELECT pg_sleep(6)"), STATUS_UNAVAILABLE);
    sql_close(sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST_POSTGRES(refuses_what_is_no_url),
        STORE_TEST_POSTGRES(says_so_when_nobody_answers),
        STORE_TEST_POSTGRES(connects_anew_after_an_idle_connection_was_ended),
        STORE_TEST_POSTGRES(a_batch_whose_connection_is_ended_leaves_nothing),
        STORE_TEST_POSTGRES(a_decision_whose_connection_is_ended_is_not_recorded),
        STORE_TEST_POSTGRES(a_statement_that_is_cancelled_can_be_repeated),
        STORE_TEST_POSTGRES(a_batch_waits_for_its_person_to_go),
        STORE_TEST_POSTGRES(claims_what_nobody_else_is_claiming),
        STORE_TEST_POSTGRES(waits_for_a_lock_only_so_long),
        STORE_TEST_POSTGRES(waits_for_a_frozen_server_only_so_long),
        STORE_TEST_POSTGRES(nobody_waits_for_a_silent_server),
        STORE_TEST_POSTGRES(works_again_after_a_restart),
        STORE_TEST_POSTGRES(leaves_a_server_that_takes_no_writes),
        STORE_TEST_POSTGRES(a_patient_script_ends_at_its_own_deadline),
        STORE_TEST_POSTGRES(keeps_rows_by_the_month),
        STORE_TEST_POSTGRES(a_month_that_another_dropped_is_made_again),
        STORE_TEST_POSTGRES(a_slow_database_is_swept_in_smaller_parts),
        STORE_TEST_POSTGRES(a_month_is_made_by_one_of_many),
    };
    return cmocka_run_group_tests_name("store_postgres", tests, store_server_start,
                                       store_server_end);
}
