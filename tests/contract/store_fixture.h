/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store suites share: a fresh, migrated database per test on either engine, rows to put
 * into it, and a way to look at its tables that is not the store's.
 */
#ifndef ECS_TESTS_STORE_FIXTURE_H
#define ECS_TESTS_STORE_FIXTURE_H

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "domain/offer.h"
#include "postgres_server.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/features.h"
#include "store/messages.h"
#include "store/store.h"

/* 2026-01-15 12:30 UTC, the tests' present. */
#define NOW_US 1768480200000000LL

struct store_fixture {
    struct store *store;            /* of the test's own thread */
    struct sqlite_database *sqlite; /* NULL: the engine is PostgreSQL */
    struct postgres_server *server; /* NULL: the engine is SQLite */
    char folder[64];
    char url[256];
};

/* One PostgreSQL for all tests of a program. */
int store_server_start(void **state);
int store_server_end(void **state);

int store_fixture_sqlite(void **state);
int store_fixture_postgres(void **state);
/* The same without a schema. */
int store_fixture_sqlite_bare(void **state);
int store_fixture_postgres_bare(void **state);
int store_fixture_end(void **state);

#define STORE_TEST_POSTGRES(test)                                                                  \
    {                                                                                              \
        "postgres: " #test, test, store_fixture_postgres, store_fixture_end, NULL                  \
    }
#define STORE_TEST(test)                                                                           \
    {"sqlite: " #test, test, store_fixture_sqlite, store_fixture_end, NULL},                       \
        STORE_TEST_POSTGRES(test)

/* store_health, when only the answer is of interest. */
static inline enum status store_ping(struct store *store)
{
    struct health health = {0};
    return store_health(store, &health);
}

static inline struct store_fixture *fixture_of(void **state)
{
    return *state;
}

static inline struct store *store_of(void **state)
{
    return fixture_of(state)->store;
}

/* Another handle on the same database; the caller closes it. */
struct store *store_fixture_open(struct store_fixture *fixture);

/* Runs `work` in `count` threads, each with a handle of its own, and waits for them. */
typedef void store_worker(struct store *store, int number, void *context);
void store_fixture_at_once(struct store_fixture *fixture, int count, store_worker *work,
                           void *context);

/* Past the store: the first column of the first row that a query gives (NULL is 0); whether the
 * database takes a statement. */
int64_t sql_number(struct store_fixture *fixture, const char *text);
bool sql_takes(struct store_fixture *fixture, const char *text);

int64_t steady_us(void);

/* The same number gives the same value. */
struct uuid uuid_of(int number);
struct hash hash_of_number(int number);

struct user person_of(int number);
/* Creates persons first, first + 1, … */
void persons_add(struct store *store, int first, int count);

/* An event with the key of this number, `ago_us` before the present. */
struct emotion_event feeling_of(int person, int number, int64_t ago_us);
struct transaction_event payment_of(int person, int number, int64_t ago_us);

/* The person's decision of this number, at NOW_US, with an offer for seven days if approved; both
 * have the id of that number. Its inputs are those of that number too. */
struct decision decision_of(int person, int number, bool approved);
/* The batches of one. */
enum status credit_state_read(struct store *store, const struct uuid *user_id,
                              struct credit_state *state);
enum status tiles_read(struct store *store, const struct uuid *user_id, int64_t now_us,
                       int64_t *version, struct person_tiles *tiles);
enum status decision_record(struct store *store, const struct decision *decision,
                            const struct idempotency *idempotency, struct decision *stands);
/* Records it and fails the test if it does not stand itself. */
void decision_add(struct store *store, int person, int number, bool approved);
/* Records it, and accepts its offer. */
void offer_add_accepted(struct store *store, int person, int number);
void offer_activate(struct store *store, int person, int number);
struct outbox_row message_of(enum stream stream, int number);
struct notification notification_of(int person, int number);

/* Fails the test if they differ. */
void offer_check(const struct offer *out, const struct offer *in);
enum offer_status offer_status_of(struct store *store, int person, int number);
enum status offer_try_accept(struct store *store, int person, int number, int64_t now_us,
                             bool *changed);
enum status offer_try_activate(struct store *store, int person, int number, bool *changed);

extern const struct idempotency no_key;

enum { WORKERS = 8 };

/* What became of a call that each of them made. */
struct answers {
    enum status status[WORKERS];
    struct uuid id[WORKERS];
    bool changed[WORKERS];
};

#endif
