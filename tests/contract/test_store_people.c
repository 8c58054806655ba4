/* SPDX-License-Identifier: Apache-2.0
 *
 * What every store does (store/people.h): the schema, people, and their tokens.
 */
#include "store_fixture.h"

#include "store/people.h"
#include "store/sql_sqlite.h"
#include "store/store.h"

static void answers_a_ping(void **state)
{
    assert_int_equal(store_ping(store_of(state)), STATUS_OK);
}

static void migrates_once(void **state)
{
    static const char count[] = "SELECT count(*) FROM schema_migrations";
    int64_t before = sql_number(fixture_of(state), count);
    int applied = -1;
    assert_true(before > 0);
    assert_int_equal(store_migrate(store_of(state), &applied), STATUS_OK);
    assert_int_equal(applied, 0);
    assert_int_equal(sql_number(fixture_of(state), count), before);
}

struct applied {
    pthread_mutex_t mutex;
    int total;
    int failed;
};

static void migrate_one(struct store *store, int number, void *context)
{
    struct applied *applied = context;
    int count = 0;
    (void)number;
    enum status status = store_migrate(store, &count);
    pthread_mutex_lock(&applied->mutex);
    applied->total += count;
    applied->failed += status != STATUS_OK;
    pthread_mutex_unlock(&applied->mutex);
}

static void many_who_migrate_at_once_apply_each_once(void **state)
{
    struct applied applied = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    store_fixture_at_once(fixture_of(state), 6, migrate_one, &applied);
    assert_int_equal(applied.failed, 0);
    assert_int_equal(applied.total,
                     sql_number(fixture_of(state), "SELECT count(*) FROM schema_migrations"));
    persons_add(store_of(state), 1, 1);
}

static void refuses_a_migration_that_was_changed(void **state)
{
    int applied;
    assert_true(sql_takes(fixture_of(state),
                          "UPDATE schema_migrations SET checksum ="
                          " (SELECT checksum FROM schema_migrations WHERE version = 1)"
                          " WHERE version = 2"));
    assert_int_equal(store_migrate(store_of(state), &applied), STATUS_CONFLICT);
}

static void creates_and_finds_people(void **state)
{
    struct store *store = store_of(state);
    struct user in = person_of(1), out;
    assert_int_equal(store_user_create(store, &in), STATUS_OK);
    assert_int_equal(store_user_by_email(store, in.email, &out), STATUS_OK);
    assert_true(uuid_equal(&out.id, &in.id));
    assert_string_equal(out.email, in.email);
    assert_string_equal(out.password_hash, in.password_hash);
    assert_int_equal(out.created_at_us, in.created_at_us);
    assert_int_equal(out.updated_at_us, in.updated_at_us);
    memset(&out, 0, sizeof out);
    assert_int_equal(store_user_by_id(store, &in.id, &out), STATUS_OK);
    assert_string_equal(out.email, in.email);
}

static void knows_nobody_who_is_not_there(void **state)
{
    struct store *store = store_of(state);
    struct uuid id = uuid_of(9);
    struct user out;
    persons_add(store, 1, 1);
    assert_int_equal(store_user_by_email(store, "nobody@example.org", &out), STATUS_NOT_FOUND);
    assert_int_equal(store_user_by_email(store, "' OR 1=1 --", &out), STATUS_NOT_FOUND);
    assert_int_equal(store_user_by_id(store, &id, &out), STATUS_NOT_FOUND);
}

static void an_address_is_one_person(void **state)
{
    struct store *store = store_of(state);
    struct user first = person_of(1), second = person_of(2), out;
    memcpy(second.email, first.email, sizeof second.email);
    assert_int_equal(store_user_create(store, &first), STATUS_OK);
    assert_int_equal(store_user_create(store, &second), STATUS_CONFLICT);
    assert_int_equal(store_user_by_id(store, &second.id, &out), STATUS_NOT_FOUND);
    assert_int_equal(store_user_by_email(store, first.email, &out), STATUS_OK);
    assert_true(uuid_equal(&out.id, &first.id));
}

struct tally {
    pthread_mutex_t mutex;
    int of[STATUS_COUNT];
};

static void tally_add(struct tally *tally, enum status status)
{
    pthread_mutex_lock(&tally->mutex);
    tally->of[status]++;
    pthread_mutex_unlock(&tally->mutex);
}

static void register_same_address(struct store *store, int number, void *context)
{
    struct user user = person_of(number + 1);
    snprintf(user.email, sizeof user.email, "same@example.org");
    tally_add(context, store_user_create(store, &user));
}

static void of_many_who_register_an_address_one_wins(void **state)
{
    struct tally tally = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    store_fixture_at_once(fixture_of(state), 8, register_same_address, &tally);
    assert_int_equal(tally.of[STATUS_OK], 1);
    assert_int_equal(tally.of[STATUS_CONFLICT], 7);
}

static struct refresh_token token_of(int person, int family, int number)
{
    return (struct refresh_token){.token = hash_of_number(number),
                                  .family = uuid_of(family),
                                  .user_id = uuid_of(person),
                                  .expires_at_us = NOW_US + DAY_US};
}

static enum status rotate(struct store *store, int old, int next, int64_t now_us)
{
    struct hash used = hash_of_number(old);
    struct refresh_token token = {.token = hash_of_number(next), .expires_at_us = now_us + DAY_US};
    return store_refresh_rotate(store, &used, &token, now_us);
}

static void rotates_a_refresh_token(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token first = token_of(1, 100, 1);
    struct refresh_token next = {.token = hash_of_number(2), .expires_at_us = NOW_US + DAY_US};
    persons_add(store, 1, 1);
    assert_int_equal(store_refresh_create(store, &first), STATUS_OK);
    assert_int_equal(store_refresh_rotate(store, &first.token, &next, NOW_US), STATUS_OK);
    assert_true(uuid_equal(&next.user_id, &first.user_id));
    assert_true(uuid_equal(&next.family, &first.family));
    assert_int_equal(rotate(store, 2, 3, NOW_US), STATUS_OK);
}

static void a_token_used_twice_ends_its_family(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token stolen = token_of(1, 100, 1), other = token_of(1, 200, 11);
    persons_add(store, 1, 1);
    assert_int_equal(store_refresh_create(store, &stolen), STATUS_OK);
    assert_int_equal(store_refresh_create(store, &other), STATUS_OK);
    assert_int_equal(rotate(store, 1, 2, NOW_US), STATUS_OK);
    assert_int_equal(rotate(store, 1, 3, NOW_US), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 2, 4, NOW_US), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 3, 5, NOW_US), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 11, 12, NOW_US), STATUS_OK);
}

static void an_expired_or_unknown_token_rotates_nothing(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token token = token_of(1, 100, 1), sibling = token_of(1, 100, 2);
    persons_add(store, 1, 1);
    sibling.expires_at_us += DAY_US;
    assert_int_equal(store_refresh_create(store, &token), STATUS_OK);
    assert_int_equal(store_refresh_create(store, &sibling), STATUS_OK);
    assert_int_equal(rotate(store, 99, 3, NOW_US), STATUS_UNAUTHENTICATED);
    assert_int_equal(rotate(store, 1, 3, token.expires_at_us), STATUS_UNAUTHENTICATED);
    /* That was no theft: the family lives. */
    assert_int_equal(rotate(store, 2, 4, token.expires_at_us), STATUS_OK);
}

static void a_token_needs_a_person(void **state)
{
    struct refresh_token token = token_of(1, 100, 1);
    assert_int_equal(store_refresh_create(store_of(state), &token), STATUS_CONFLICT);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM refresh_tokens"), 0);
}

static void rotate_same(struct store *store, int number, void *context)
{
    tally_add(context, rotate(store, 1, 10 + number, NOW_US));
}

static void of_many_who_use_a_token_one_wins_and_the_family_ends(void **state)
{
    struct store *store = store_of(state);
    struct refresh_token token = token_of(1, 100, 1);
    struct tally tally = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    persons_add(store, 1, 1);
    assert_int_equal(store_refresh_create(store, &token), STATUS_OK);
    store_fixture_at_once(fixture_of(state), 8, rotate_same, &tally);
    assert_int_equal(tally.of[STATUS_OK], 1);
    assert_int_equal(tally.of[STATUS_UNAUTHENTICATED], 7);
    assert_int_equal(sql_number(fixture_of(state), "SELECT count(*) FROM refresh_tokens"), 0);
}

/* An open file has its own lock, in the same process too. */
static void a_file_belongs_to_one_process(void **state)
{
    struct sqlite_database *other;
    char reason[REASON_MAX + 1];
    assert_int_equal(sqlite_database_open(fixture_of(state)->url, &other, reason), STATUS_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(answers_a_ping),
        STORE_TEST(migrates_once),
        {"sqlite: many_who_migrate_at_once_apply_each_once",
         many_who_migrate_at_once_apply_each_once, store_fixture_sqlite_bare, store_fixture_end,
         NULL},
        {"postgres: many_who_migrate_at_once_apply_each_once",
         many_who_migrate_at_once_apply_each_once, store_fixture_postgres_bare, store_fixture_end,
         NULL},
        {"sqlite: a_file_belongs_to_one_process", a_file_belongs_to_one_process,
         store_fixture_sqlite, store_fixture_end, NULL},
        STORE_TEST(refuses_a_migration_that_was_changed),
        STORE_TEST(creates_and_finds_people),
        STORE_TEST(knows_nobody_who_is_not_there),
        STORE_TEST(an_address_is_one_person),
        STORE_TEST(of_many_who_register_an_address_one_wins),
        STORE_TEST(rotates_a_refresh_token),
        STORE_TEST(a_token_used_twice_ends_its_family),
        STORE_TEST(an_expired_or_unknown_token_rotates_nothing),
        STORE_TEST(a_token_needs_a_person),
        STORE_TEST(of_many_who_use_a_token_one_wins_and_the_family_ends),
    };
    return cmocka_run_group_tests_name("store_people", tests, store_server_start, store_server_end);
}
