/* SPDX-License-Identifier: Apache-2.0
 *
 * Sweeps: what goes, how much of it at once, and that no wrong clock makes it more. The present is
 * the true one here: a database takes no other.
 */
#include "store_fixture.h"

#include "adapters/clock.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/people.h"
#include "store/sweep.h"

#define RAW_LIFE_US (91 * DAY_US) /* the least that there may be */

static int64_t present_us(void)
{
    return clock_now_us(clock_system());
}

/* Sweeps while the machine's clock is so far ahead of the database's, as if the last sweep were an
 * hour old. */
static struct sweep sweep_ahead(struct store_fixture *fixture, int64_t ahead_us)
{
    struct sweep sweep;
    assert_true(sql_takes(fixture, fixture->sqlite != NULL
                                       ? "UPDATE sweeps SET swept_at = swept_at - 3600000000"
                                       : "UPDATE sweeps SET swept_at = swept_at - interval '1h'"));
    assert_int_equal(
        store_sweep(fixture->store, present_us(), present_us() + ahead_us, RAW_LIFE_US, &sweep),
        STATUS_OK);
    return sweep;
}

/* Makes all keys, or what sweeps believe, older. */
static void age_by_days(struct store_fixture *fixture, const char *table, const char *column,
                        int days)
{
    char text[256], by[64];
    if (fixture->sqlite != NULL)
        snprintf(by, sizeof by, "%lld", days * DAY_US);
    else
        snprintf(by, sizeof by, "interval '%d days'", days);
    snprintf(text, sizeof text, "UPDATE %s SET %s = %s - %s", table, column, column, by);
    assert_true(sql_takes(fixture, text));
}

static int64_t rows_of(struct store_fixture *fixture, const char *table)
{
    char text[128];
    snprintf(text, sizeof text, "SELECT count(*) FROM %s", table);
    return sql_number(fixture, text);
}

/* `count` events with keys from `first` on, the first `ago_us` ago and each a day younger. */
static void feelings_add(struct store_fixture *fixture, int first, int count, int64_t ago_us)
{
    for (int i = 0; i < count; i++) {
        enum event_result result;
        struct emotion_event event = feeling_of(1, first + i, 0);
        event.occurred_at_us = present_us() - ago_us + i * DAY_US;
        event.received_at_us = present_us();
        assert_int_equal(store_emotions_apply(fixture->store, &event, 1, &result), STATUS_OK);
        assert_int_equal(result, EVENT_COUNTED);
    }
}

static void tokens_add(struct store *store, int first, int count, int64_t expires_at_us)
{
    for (int i = first; i < first + count; i++) {
        struct refresh_token token = {.token = hash_of_number(i),
                                      .family = uuid_of(1),
                                      .user_id = uuid_of(1),
                                      .expires_at_us = expires_at_us};
        struct uuid account = uuid_of(i);
        struct attempts attempts = {0};
        assert_int_equal(store_refresh_create(store, &token), STATUS_OK);
        assert_int_equal(store_attempts_fail(store, &account, &attempts), STATUS_OK);
    }
}

/* Idempotency-Keys of both kinds. */
static void idempotency_keys_add(struct store *store, int first, int count, int64_t at_us)
{
    const struct uuid person = uuid_of(1);
    for (int i = first; i < first + count; i++) {
        char key[16];
        struct idempotency idempotency = {key, hash_of_number(i)};
        struct decision decision = decision_of(1, i, false), stands;
        snprintf(key, sizeof key, "key-%d", i);
        decision.decided_at_us = at_us;
        assert_int_equal(decision_record(store, &decision, &idempotency, &stands), STATUS_OK);
        assert_int_equal(store_submission_claim(store, &person, &idempotency, at_us), STATUS_OK);
    }
}

/* Twenty of everything, all of it old, and twenty that are not. */
static void fill(struct store_fixture *fixture)
{
    persons_add(fixture->store, 1, 1);
    feelings_add(fixture, 100, 20, 200 * DAY_US);
    age_by_days(fixture, "event_keys", "seen_at", 15);
    feelings_add(fixture, 200, 20, 20 * DAY_US);
    tokens_add(fixture->store, 300, 20, present_us() - DAY_US);
    age_by_days(fixture, "login_failures", "failed_at", 1);
    tokens_add(fixture->store, 400, 20, present_us() + DAY_US);
    idempotency_keys_add(fixture->store, 500, 20, present_us() - IDEMPOTENCY_KEY_LIFE_US - HOUR_US);
    idempotency_keys_add(fixture->store, 600, 20, present_us());
}

static void check_all_there(struct store_fixture *fixture)
{
    assert_int_equal(rows_of(fixture, "emotion_events"), 40);
    assert_int_equal(rows_of(fixture, "event_keys"), 40);
    assert_int_equal(rows_of(fixture, "refresh_tokens"), 40);
    assert_int_equal(rows_of(fixture, "login_failures"), 40);
}

static void removes_what_is_old_and_a_share_of_it_at_once(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    fill(fixture);
    struct sweep sweep = sweep_ahead(fixture, 0);
    assert_int_equal(sweep.answer, RETENTION_DUE);
    assert_true(sweep.held_back);
    for (int i = SWEPT_KEYS; i < SWEPT_COUNT; i++)
        assert_int_equal(sweep.removed[i], 40 * SWEEP_SHARE_PERCENT / 100);
    assert_int_equal(rows_of(fixture, "event_keys"), 36);
    int sweeps = 1;
    for (; sweep.held_back; sweeps++)
        sweep = sweep_ahead(fixture, 0);
    assert_true(sweeps > 5 && sweeps < 15);
    assert_int_equal(rows_of(fixture, "event_keys"), 20);
    assert_int_equal(rows_of(fixture, "refresh_tokens"), 20);
    assert_int_equal(rows_of(fixture, "idempotency_keys"), 20);
    assert_int_equal(rows_of(fixture, "submission_keys"), 20);
    assert_int_equal(rows_of(fixture, "decisions"), 40);
    assert_int_equal(rows_of(fixture, "login_failures"), 20);
    assert_int_equal(sql_number(fixture, "SELECT sum(event_count) FROM emotion_tiles"), 40);
    /* Of months a part may be young: these stay whole. */
    int64_t rows = rows_of(fixture, "emotion_events");
    assert_true(fixture->sqlite != NULL ? rows == 20 : rows >= 20 && rows < 40);
}

static void of_months_one_goes_at_once(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    static const char months[] = "SELECT count(*) FROM pg_inherits i JOIN pg_class c"
                                 " ON c.oid = i.inhparent WHERE c.relname = 'emotion_events'";
    persons_add(fixture->store, 1, 1);
    for (int i = 0; i < 6; i++)
        feelings_add(fixture, 100 + i, 1, (100 + i * 31) * DAY_US);
    assert_int_equal(sql_number(fixture, months), 6);
    struct sweep sweep = sweep_ahead(fixture, 0);
    assert_int_equal(sweep.removed[SWEPT_EMOTIONS], 1);
    assert_true(sweep.held_back);
    assert_int_equal(sql_number(fixture, months), 5);
}

static void one_sweep_an_hour_is_enough(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct sweep sweep;
    fill(fixture);
    assert_int_equal(sweep_ahead(fixture, 0).answer, RETENTION_DUE);
    assert_int_equal(store_sweep(fixture->store, present_us(), present_us(), RAW_LIFE_US, &sweep),
                     STATUS_OK);
    assert_int_equal(sweep.answer, RETENTION_NOT_DUE);
    assert_int_equal(rows_of(fixture, "event_keys"), 36);
}

static void sweep_once(struct store *store, int number, void *context)
{
    struct answers *answers = context;
    struct sweep sweep;
    answers->status[number] = store_sweep(store, present_us(), present_us(), RAW_LIFE_US, &sweep);
    answers->changed[number] = sweep.answer == RETENTION_DUE;
}

static void of_many_one_sweeps(void **state)
{
    struct answers answers = {0};
    int swept = 0;
    fill(fixture_of(state));
    store_fixture_at_once(fixture_of(state), WORKERS, sweep_once, &answers);
    for (int i = 0; i < WORKERS; i++)
        swept += answers.status[i] == STATUS_OK && answers.changed[i];
    assert_int_equal(swept, 1);
    assert_int_equal(rows_of(fixture_of(state), "event_keys"), 36);
}

static void a_clock_that_is_wrong_removes_nothing(void **state)
{
    static const int64_t ahead_us[] = {730 * DAY_US, 15 * DAY_US, 20 * HOUR_US, -15 * DAY_US};
    struct store_fixture *fixture = fixture_of(state);
    struct sweep sweep;
    persons_add(fixture->store, 1, 1);
    assert_int_equal(sweep_ahead(fixture, 0).answer, RETENTION_DUE);
    feelings_add(fixture, 100, 40, 100 * DAY_US);
    tokens_add(fixture->store, 400, 40, present_us() + 10 * HOUR_US);
    idempotency_keys_add(fixture->store, 500, 40, present_us() - 10 * HOUR_US);
    for (size_t i = 0; i < sizeof ahead_us / sizeof ahead_us[0]; i++) {
        sweep = sweep_ahead(fixture, ahead_us[i]);
        assert_int_equal(sweep.answer, RETENTION_SKEWED);
        check_all_there(fixture);
        assert_int_equal(rows_of(fixture, "idempotency_keys"), 40);
    }
}

/* A database that nobody swept for ten days, or whose clock jumped by as much. */
static void a_jump_is_believed_a_day_at_a_time(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    int refused = 0;
    fill(fixture);
    assert_int_equal(sweep_ahead(fixture, 0).answer, RETENTION_DUE);
    age_by_days(fixture, "sweeps", "present", 10);
    int64_t keys = rows_of(fixture, "event_keys");
    while (sweep_ahead(fixture, 0).answer == RETENTION_JUMPED) {
        refused++;
        assert_int_equal(rows_of(fixture, "event_keys"), keys);
    }
    assert_in_range(refused, 8, 10);
    assert_true(rows_of(fixture, "event_keys") < keys);
}

/* A producer that sends again on the thirteenth day, and a rewind that begins before that. */
static void a_key_lives_on_from_when_it_was_seen_last(void **state)
{
    struct store_fixture *fixture = fixture_of(state);
    struct emotion_event event = feeling_of(1, 100, 0);
    enum event_result result;
    persons_add(fixture->store, 1, 1);
    event.received_at_us = present_us();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_emotions_apply(fixture->store, &event, 1, &result), STATUS_OK);
        assert_int_equal(result, i == 0 ? EVENT_COUNTED : EVENT_DUPLICATE);
        (void)sweep_ahead(fixture, 0);
        age_by_days(fixture, "event_keys", "seen_at", 13);
        event.received_at_us -= 13 * DAY_US; /* the bus stored it then */
    }
    (void)sweep_ahead(fixture, 0);
    assert_int_equal(store_emotions_apply(fixture->store, &event, 1, &result), STATUS_OK);
    assert_int_equal(result, EVENT_DUPLICATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(removes_what_is_old_and_a_share_of_it_at_once),
        STORE_TEST_POSTGRES(of_months_one_goes_at_once),
        STORE_TEST(one_sweep_an_hour_is_enough),
        STORE_TEST(of_many_one_sweeps),
        STORE_TEST(a_clock_that_is_wrong_removes_nothing),
        STORE_TEST(a_jump_is_believed_a_day_at_a_time),
        STORE_TEST(a_key_lives_on_from_when_it_was_seen_last),
    };
    return cmocka_run_group_tests_name("store_sweep", tests, store_server_start, store_server_end);
}
