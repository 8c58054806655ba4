/* SPDX-License-Identifier: Apache-2.0
 *
 * What a store knows of events before they are counted.
 */
#include "store_fixture.h"

#include "../unit/unit.h"
#include "store/decisions.h"
#include "store/events.h"

static struct idempotency key_of(const char *key, int request)
{
    return (struct idempotency){.key = key, .request = hash_of_number(request)};
}

static void an_id_that_was_counted_tells_other_content(void **state)
{
    struct store *store = store_of(state);
    struct transaction_event event = payment_of(1, 1, HOUR_US);
    enum event_result result;
    persons_add(store, 1, 1);
    struct id_check checks[3] = {
        {event.key, event.content, true},
        {event.key, hash_of_number(7), false},
        {hash_of_number(7), event.content, true},
    };
    assert_int_equal(store_ids_check(store, checks, 3), STATUS_OK);
    for (int i = 0; i < 3; i++)
        assert_false(checks[i].conflicts);
    assert_int_equal(store_transactions_apply(store, &event, 1, &result), STATUS_OK);
    assert_int_equal(store_ids_check(store, checks, 3), STATUS_OK);
    assert_false(checks[0].conflicts);
    assert_true(checks[1].conflicts);
    assert_false(checks[2].conflicts);
    assert_int_equal(store_ids_check(store, checks, 0), STATUS_OK);
}

static void a_key_is_for_one_request_of_its_owner(void **state)
{
    struct store *store = store_of(state);
    const struct uuid ada = uuid_of(1), bob = uuid_of(2), producers = {{0}};
    struct idempotency first = key_of("k", 1), second = key_of("k", 2), other = key_of("l", 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_submission_claim(store, &ada, &first, NOW_US), STATUS_OK);
        assert_int_equal(store_submission_claim(store, &ada, &second, NOW_US), STATUS_CONFLICT);
        assert_int_equal(store_submission_claim(store, &ada, &other, NOW_US), STATUS_OK);
        assert_int_equal(store_submission_claim(store, &bob, &second, NOW_US), STATUS_OK);
        assert_int_equal(store_submission_claim(store, &producers, &second, NOW_US), STATUS_OK);
        assert_int_equal(store_submission_claim(store, &producers, &first, NOW_US),
                         STATUS_CONFLICT);
    }
}

static enum status claims_add(struct store *store, const struct uuid *owner, int first, int count)
{
    enum status status = STATUS_OK;
    for (int i = first; i < first + count && status == STATUS_OK; i++) {
        char key[16];
        struct idempotency idempotency = {key, hash_of_number(1)};
        snprintf(key, sizeof key, "key-%d", i);
        status = store_submission_claim(store, owner, &idempotency, NOW_US);
    }
    return status;
}

/* A person can fill their own share, and nobody else's. */
static void a_person_holds_so_many_keys_and_no_more(void **state)
{
    struct store *store = store_of(state);
    const struct uuid ada = uuid_of(1), bob = uuid_of(2), producers = {{0}};
    assert_int_equal(claims_add(store, &ada, 0, IDEMPOTENCY_KEYS_MAX), STATUS_OK);
    assert_int_equal(claims_add(store, &ada, IDEMPOTENCY_KEYS_MAX, 1), STATUS_TOO_MANY_REQUESTS);
    assert_int_equal(claims_add(store, &ada, 0, 3), STATUS_OK);
    assert_int_equal(claims_add(store, &bob, IDEMPOTENCY_KEYS_MAX, 1), STATUS_OK);
    assert_int_equal(claims_add(store, &producers, 0, IDEMPOTENCY_KEYS_MAX + 1), STATUS_OK);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM submission_keys"),
                     2 * IDEMPOTENCY_KEYS_MAX + 2);
}

/* In random turns: nobody holds more than so many, whoever has as many as one may takes none away
 * from the others, and keys that are held are known all the same. */
static void one_takes_no_more_than_a_share(void **state)
{
    enum { TURNS = 600, MODEST = 8, GREEDY = MODEST, KEYS = 40 };
    struct store *store = store_of(state);
    const struct uuid greedy = uuid_of(GREEDY);
    bool known[MODEST][KEYS] = {{false}};
    int held = IDEMPOTENCY_KEYS_MAX - 20;
    assert_int_equal(claims_add(store, &greedy, 0, held), STATUS_OK);
    for (int turn = 0; turn < TURNS; turn++) {
        int one = (int)(unit_random() % (2 * MODEST)), key = (int)(unit_random() % KEYS);
        const struct uuid modest = uuid_of(one);
        if (one < MODEST) {
            assert_int_equal(claims_add(store, &modest, key, 1), STATUS_OK);
            known[one][key] = true;
        } else if (held < IDEMPOTENCY_KEYS_MAX) {
            assert_int_equal(claims_add(store, &greedy, held++, 1), STATUS_OK);
        } else {
            assert_int_equal(claims_add(store, &greedy, held + turn, 1), STATUS_TOO_MANY_REQUESTS);
            assert_int_equal(claims_add(store, &greedy, turn, 1), STATUS_OK);
        }
    }
    for (int i = 0; i < MODEST * KEYS; i++)
        held += known[i / KEYS][i % KEYS];
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM submission_keys"), held);
}

/* The same for analyses; the decisions are the person's own, and stay. */
static void a_person_has_so_many_analyses_with_keys(void **state)
{
    struct store *store = store_of(state);
    struct decision stands, decision = decision_of(1, 1, false);
    struct idempotency fresh = key_of("fresh", 1), first = key_of("key-1", 1);
    persons_add(store, 1, 1);
    assert_int_equal(decision_record(store, &decision, &first, &stands), STATUS_OK);
    assert_true(sql_takes(fixture_of(state),
                          "INSERT INTO idempotency_keys WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL"
                          " SELECT i + 1 FROM n WHERE i < 1000) SELECT user_id, 'key-' || i,"
                          " request, decision_id, created_at FROM n, idempotency_keys"));
    decision = decision_of(1, 2, false);
    assert_int_equal(decision_record(store, &decision, &fresh, &stands), STATUS_TOO_MANY_REQUESTS);
    assert_int_equal(decision_record(store, &decision, &first, &stands), STATUS_OK);
    const struct uuid one = uuid_of(1);
    assert_true(uuid_equal(&stands.id, &one));
    assert_int_equal(decision_record(store, &decision, &no_key, &stands), STATUS_OK);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM decisions"), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_id_that_was_counted_tells_other_content),
        STORE_TEST(a_key_is_for_one_request_of_its_owner),
        STORE_TEST(a_person_holds_so_many_keys_and_no_more),
        STORE_TEST(one_takes_no_more_than_a_share),
        STORE_TEST(a_person_has_so_many_analyses_with_keys),
    };
    return cmocka_run_group_tests_name("store_submissions", tests, store_server_start,
                                       store_server_end);
}
