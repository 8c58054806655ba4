/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/people.h): sessions that end, and logins that fail.
 */
#include "store_fixture.h"

#include "auth/revocations.h"
#include "store/people.h"
#include "store/store.h"

static enum status rotate(struct store *store, int old, int new, struct refresh_token *next)
{
    struct hash used = hash_of_number(old);
    *next = (struct refresh_token){.token = hash_of_number(new), .expires_at_us = NOW_US + DAY_US};
    return store_refresh_rotate(store, &used, next, NOW_US);
}

static struct refresh_token token_of(int person, int number)
{
    return (struct refresh_token){.token = hash_of_number(number),
                                  .family = uuid_of(number),
                                  .user_id = uuid_of(person),
                                  .expires_at_us = NOW_US + DAY_US,
                                  .place = hash_of_number(person)};
}

static void ends_all_tokens_of_one_person(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token mine[] = {token_of(1, 1), token_of(1, 2)}, theirs = token_of(2, 3), next;
    struct user user;
    int64_t generation;
    persons_add(store, 1, 2);
    assert_int_equal(store_refresh_create(store, &mine[0]), STATUS_OK);
    assert_int_equal(store_refresh_create(store, &mine[1]), STATUS_OK);
    assert_int_equal(store_refresh_create(store, &theirs), STATUS_OK);
    assert_int_equal(rotate(store, 1, 11, &next), STATUS_OK);
    assert_int_equal(next.generation, 0);
    assert_int_equal(hash_compare(&next.place, &mine[0].place), 0);
    assert_int_equal(store_sessions_end(store, &mine[0].user_id, &generation), STATUS_OK);
    assert_int_equal(generation, 1);
    assert_int_equal(rotate(store, 11, 12, &next), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 2, 12, &next), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 3, 13, &next), STATUS_OK);
    assert_int_equal(store_user_by_id(store, &mine[0].user_id, &user), STATUS_OK);
    assert_int_equal(user.generation, 1);
    /* Whoever logs in again is of the new generation. */
    mine[0] = token_of(1, 21);
    assert_int_equal(store_refresh_create(store, &mine[0]), STATUS_OK);
    assert_int_equal(rotate(store, 21, 22, &next), STATUS_OK);
    assert_int_equal(next.generation, 1);
    struct uuid nobody = uuid_of(9);
    assert_int_equal(store_sessions_end(store, &nobody, &generation), STATUS_NOT_FOUND);
}

static bool revoked(struct revocations *revocations, int person, int64_t generation)
{
    struct principal principal = {.user_id = uuid_of(person), .token_generation = generation};
    return revocations_contain(revocations, &principal);
}

static void end_sessions(struct store *store, int person)
{
    struct uuid id = uuid_of(person);
    int64_t generation;
    assert_int_equal(store_sessions_end(store, &id, &generation), STATUS_OK);
}

/* More people than are read at a time; each logout is heard of, and none is forgotten. */
static void every_process_learns_of_every_logout(void **state)
{
    enum { PEOPLE = 600 };
    struct store *store = store_of(state);
    struct revocations *early = revocations_create(), *late = revocations_create();
    assert_non_null(early);
    assert_non_null(late);
    persons_add(store, 1, PEOPLE);
    assert_int_equal(revocations_refresh(early, store), STATUS_OK);
    assert_false(revoked(early, 1, 0));
    for (int i = 1; i < PEOPLE; i++)
        end_sessions(store, i);
    end_sessions(store, 7);
    assert_int_equal(revocations_refresh(early, store), STATUS_OK);
    assert_int_equal(revocations_refresh(late, store), STATUS_OK);
    for (int i = 1; i <= PEOPLE; i++) {
        assert_int_equal(revoked(early, i, 0), i < PEOPLE);
        assert_int_equal(revoked(late, i, 0), i < PEOPLE);
    }
    assert_true(revoked(early, 7, 1));
    assert_false(revoked(early, 7, 2));
    end_sessions(store, PEOPLE);
    assert_int_equal(revocations_refresh(early, store), STATUS_OK);
    assert_true(revoked(early, PEOPLE, 0));
    revocations_destroy(early);
    revocations_destroy(late);
}

struct wave {
    pthread_mutex_t mutex;
    struct revocations *revocations;
};

/* Some log out, the others listen meanwhile. */
static void log_out_or_listen(struct store *store, int number, void *context)
{
    struct wave *wave = context;
    for (int i = 0; i < 20; i++) {
        if (number % 2 == 0) {
            end_sessions(store, number * 20 + i + 1);
            continue;
        }
        pthread_mutex_lock(&wave->mutex);
        assert_int_equal(revocations_refresh(wave->revocations, store), STATUS_OK);
        pthread_mutex_unlock(&wave->mutex);
    }
}

/* A transaction that began first may commit last: it is heard of nevertheless. */
static void logouts_at_once_are_all_heard_of(void **state)
{
    struct store *store = store_of(state);
    struct wave wave = {.mutex = PTHREAD_MUTEX_INITIALIZER, .revocations = revocations_create()};
    assert_non_null(wave.revocations);
    persons_add(store, 1, 160);
    store_fixture_at_once(fixture_of(state), 8, log_out_or_listen, &wave);
    assert_int_equal(revocations_refresh(wave.revocations, store), STATUS_OK);
    for (int number = 0; number < 8; number += 2)
        for (int i = 0; i < 20; i++)
            assert_true(revoked(wave.revocations, number * 20 + i + 1, 0));
    revocations_destroy(wave.revocations);
}

static struct attempts read_attempts(struct store *store, int account, int place)
{
    struct uuid id = uuid_of(account);
    struct hash hash = hash_of_number(place);
    struct attempts attempts;
    assert_int_equal(store_attempts_read(store, &id, &hash, NOW_US, &attempts), STATUS_OK);
    return attempts;
}

static int64_t count_failure(struct store *store, int account, bool familiar)
{
    struct uuid id = uuid_of(account);
    struct attempts attempts = {.familiar = familiar};
    assert_int_equal(store_attempts_fail(store, &id, &attempts), STATUS_OK);
    return attempts.failures;
}

static void counts_failures_of_strangers_apart(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token token = token_of(1, 1);
    persons_add(store, 1, 1);
    assert_int_equal(store_refresh_create(store, &token), STATUS_OK);
    assert_int_equal(read_attempts(store, 1, 1).failures, 0);
    for (int i = 1; i <= 3; i++)
        assert_int_equal(count_failure(store, 1, false), i);
    assert_int_equal(count_failure(store, 1, true), 1);
    struct attempts stranger = read_attempts(store, 1, 99), owner = read_attempts(store, 1, 1);
    assert_false(stranger.familiar);
    assert_int_equal(stranger.failures, 3);
    assert_in_range(stranger.age_us, 0, MINUTE_US);
    assert_true(owner.familiar);
    assert_int_equal(owner.failures, 1);
    assert_int_equal(read_attempts(store, 2, 1).failures, 0);
}

static void move_failures(void **state, const char *sqlite, const char *postgres)
{
    bool postgresql = strcmp(store_engine(store_of(state)), "postgresql") == 0;
    assert_true(sql_takes(fixture_of(state), postgresql ? postgres : sqlite));
}

static void forgets_failures_in_time(void **state)
{
    struct store *store = store_of(state);
    count_failure(store, 1, false);
    count_failure(store, 1, false);
    move_failures(state, "UPDATE login_failures SET failed_at = failed_at - 3600000000",
                  "UPDATE login_failures SET failed_at = failed_at - interval '1 hour'");
    assert_int_equal(read_attempts(store, 1, 1).failures, 0);
    assert_int_equal(count_failure(store, 1, false), 1);
}

static void fail_five_times(struct store *store, int number, void *context)
{
    (void)number, (void)context;
    for (int i = 0; i < 5; i++)
        count_failure(store, 1, false);
}

static void failures_at_once_all_count(void **state)
{
    store_fixture_at_once(fixture_of(state), 8, fail_five_times, NULL);
    assert_int_equal(read_attempts(store_of(state), 1, 1).failures, 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(ends_all_tokens_of_one_person),
        STORE_TEST(every_process_learns_of_every_logout),
        STORE_TEST(logouts_at_once_are_all_heard_of),
        STORE_TEST(counts_failures_of_strangers_apart),
        STORE_TEST(forgets_failures_in_time),
        STORE_TEST(failures_at_once_all_count),
    };
    return cmocka_run_group_tests_name("store_sessions", tests, store_server_start,
                                       store_server_end);
}
