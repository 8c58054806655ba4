/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include <stdlib.h>

#include <libpq-fe.h>
#include <sqlite3.h>

#include "adapters/clock.h"
#include "process/log.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/messages.h"
#include "store/offers.h"
#include "store/people.h"
#include "store/sql_sqlite.h"
#include "store/store.h"

const struct idempotency no_key = {.key = NULL};

static struct postgres_server server;

int store_server_start(void **state)
{
    (void)state;
    log_start(LOG_ERROR);
    postgres_server_start(&server);
    return 0;
}

int store_server_end(void **state)
{
    (void)state;
    postgres_server_end(&server);
    return 0;
}

int64_t steady_us(void)
{
    return clock_monotonic_us(clock_system());
}

struct store *store_fixture_open(struct store_fixture *fixture)
{
    struct store *store = NULL;
    enum status status = fixture->sqlite != NULL ? store_sqlite_open(fixture->sqlite, &store)
                                                 : store_postgres_open(fixture->url, &store);
    assert_int_equal(status, STATUS_OK);
    return store;
}

static struct store_fixture *fixture_create(void **state)
{
    struct store_fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    *state = fixture;
    return fixture;
}

static int fixture_migrate(struct store_fixture *fixture)
{
    int applied = 0;
    assert_int_equal(store_migrate(fixture->store, &applied), STATUS_OK);
    assert_true(applied > 0);
    return 0;
}

int store_fixture_sqlite_bare(void **state)
{
    struct store_fixture *fixture = fixture_create(state);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/ecs-store-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->url, sizeof fixture->url, "%s/ecs.db", fixture->folder);
    char reason[REASON_MAX + 1];
    assert_int_equal(sqlite_database_open(fixture->url, &fixture->sqlite, reason), STATUS_OK);
    fixture->store = store_fixture_open(fixture);
    return 0;
}

int store_fixture_postgres_bare(void **state)
{
    static int number;
    struct store_fixture *fixture = fixture_create(state);
    char name[16], text[64];
    snprintf(name, sizeof name, "test%d", ++number);
    snprintf(text, sizeof text, "CREATE DATABASE %s", name);
    fixture->server = &server;
    postgres_server_url(&server, "postgres", fixture->url, sizeof fixture->url);
    assert_true(sql_takes(fixture, text));
    postgres_server_url(&server, name, fixture->url, sizeof fixture->url);
    fixture->store = store_fixture_open(fixture);
    return 0;
}

int store_fixture_sqlite(void **state)
{
    store_fixture_sqlite_bare(state);
    return fixture_migrate(*state);
}

int store_fixture_postgres(void **state)
{
    store_fixture_postgres_bare(state);
    return fixture_migrate(*state);
}

int store_fixture_end(void **state)
{
    struct store_fixture *fixture = *state;
    store_close(fixture->store);
    int failed = 0;
    if (fixture->sqlite != NULL) {
        char command[128];
        sqlite_database_close(fixture->sqlite);
        snprintf(command, sizeof command, "rm -rf '%s'", fixture->folder);
        failed = system(command);
    }
    free(fixture);
    return failed;
}

struct worker {
    pthread_t thread;
    struct store *store;
    store_worker *work;
    int number;
    void *context;
};

static void *worker_run(void *context)
{
    struct worker *worker = context;
    worker->work(worker->store, worker->number, worker->context);
    return NULL;
}

void store_fixture_at_once(struct store_fixture *fixture, int count, store_worker *work,
                           void *context)
{
    enum { WORKERS_MAX = 16 };
    struct worker workers[WORKERS_MAX];
    assert_true(count <= WORKERS_MAX);
    for (int i = 0; i < count; i++) {
        workers[i] = (struct worker){
            .store = store_fixture_open(fixture), .work = work, .number = i, .context = context};
        /* Connects, so that they begin together. */
        assert_int_equal(store_ping(workers[i].store), STATUS_OK);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]), 0);
    for (int i = 0; i < count; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < count; i++)
        store_close(workers[i].store);
}

/* The readers of the store never checkpoint, nor may we (store/sql_sqlite.h). */
static bool sqlite_run(const char *path, const char *text, int64_t *number)
{
    sqlite3 *handle;
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_open(path, &handle), SQLITE_OK);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_exec(handle, "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 0", NULL, NULL,
                 NULL);
    sqlite3_busy_timeout(handle, 10000);
    int code = sqlite3_prepare_v2(handle, text, -1, &statement, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    if (code == SQLITE_ROW)
        *number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool postgres_run(const char *url, const char *text, int64_t *number)
{
    PGconn *connection = PQconnectdb(url);
    PGresult *result = PQexec(connection, text);
    bool taken =
        PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK;
    if (taken && PQntuples(result) > 0)
        *number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(connection);
    return taken;
}

static bool sql_run(struct store_fixture *fixture, const char *text, int64_t *number)
{
    *number = 0;
    return fixture->sqlite != NULL ? sqlite_run(fixture->url, text, number)
                                   : postgres_run(fixture->url, text, number);
}

int64_t sql_number(struct store_fixture *fixture, const char *text)
{
    int64_t number;
    assert_true(sql_run(fixture, text, &number));
    return number;
}

bool sql_takes(struct store_fixture *fixture, const char *text)
{
    int64_t number;
    return sql_run(fixture, text, &number);
}

struct uuid uuid_of(int number)
{
    struct uuid uuid = {{0}};
    for (int i = 0; i < 4; i++)
        uuid.bytes[15 - i] = (uint8_t)(number >> (8 * i));
    return uuid;
}

struct hash hash_of_number(int number)
{
    return hash_of(&(struct slice){(const char *)&number, sizeof number}, 1);
}

struct user person_of(int number)
{
    struct user user = {.id = uuid_of(number),
                        .password_hash = "$argon2id$v=19$m=19456,t=2,p=1$salt$hash",
                        .created_at_us = NOW_US - 90 * DAY_US + 1,
                        .updated_at_us = NOW_US - 90 * DAY_US + 2};
    snprintf(user.email, sizeof user.email, "person-%d@example.org", number);
    return user;
}

void persons_add(struct store *store, int first, int count)
{
    for (int i = 0; i < count; i++) {
        struct user user = person_of(first + i);
        assert_int_equal(store_user_create(store, &user), STATUS_OK);
    }
}

struct emotion_event feeling_of(int person, int number, int64_t ago_us)
{
    struct emotion_event event = {.key = hash_of_number(number),
                                  .content = hash_of_number(-number),
                                  .user_id = uuid_of(person),
                                  .occurred_at_us = NOW_US - ago_us,
                                  .received_at_us = NOW_US,
                                  .positivity = number * 7919 % (MILLIONTHS + 1),
                                  .intensity = number * 104729 % (MILLIONTHS + 1),
                                  .stress = number * 15485863LL % (MILLIONTHS + 1),
                                  .type = "joy"};
    snprintf(event.event_id, sizeof event.event_id, "event-%d", number);
    snprintf(event.trace_id, sizeof event.trace_id, "trace-%d", number);
    return event;
}

struct transaction_event payment_of(int person, int number, int64_t ago_us)
{
    struct transaction_event event = {.key = hash_of_number(number),
                                      .content = hash_of_number(-number),
                                      .user_id = uuid_of(person),
                                      .occurred_at_us = NOW_US - ago_us,
                                      .received_at_us = NOW_US,
                                      .amount_cents = number * 15485863LL % AMOUNT_CENTS_MAX + 1,
                                      .direction =
                                          number % 2 == 0 ? TRANSACTION_OUT : TRANSACTION_IN,
                                      .source = number % 2 == 0 ? SOURCE_CORE : SOURCE_SELF,
                                      .currency = "EUR",
                                      .category = "food"};
    snprintf(event.transaction_id, sizeof event.transaction_id, "payment-%d", number);
    return event;
}

struct decision decision_of(int person, int number, bool approved)
{
    struct decision decision = {.id = uuid_of(number),
                                .user_id = uuid_of(person),
                                .decided_at_us = NOW_US,
                                .approved = approved,
                                .risk = approved ? 250000 : 750000,
                                .risk_full = approved ? 260000 : 750000,
                                .risk_financial = approved ? 250000 : 760000,
                                .basis = approved ? BASIS_FINANCIAL : BASIS_FULL,
                                .emotions_known = !approved,
                                .reasons = {2, {{FEATURE_account_age_days, 900}, {1, -1}}},
                                .nearest = {approved ? LEVER_NONE : LEVER_EARN_MORE, 20, 600000},
                                .features_version = 3,
                                .model = "scorecard-1",
                                .policy = hash_of_number(1),
                                .inputs = hash_of_number(number),
                                .has_offer = approved};
    for (int i = 0; i < FEATURE_COUNT; i++)
        decision.features.values[i] = number * 1000 + i;
    if (!approved) {
        snprintf(decision.reason, sizeof decision.reason, "High risk score.");
        return decision;
    }
    decision.offer = (struct offer){.id = uuid_of(number),
                                    .user_id = decision.user_id,
                                    .decision_id = decision.id,
                                    .status = OFFER_offered,
                                    .limit_cents = 750000,
                                    .rate_bp = 875,
                                    .credit_type = "Short-Term",
                                    .created_at_us = NOW_US,
                                    .expires_at_us = NOW_US + 7 * DAY_US};
    return decision;
}

enum status credit_state_read(struct store *store, const struct uuid *user_id,
                              struct credit_state *state)
{
    state->user_id = *user_id;
    enum status status = store_credit_states(store, state, 1);
    return status == STATUS_OK ? state->status : status;
}

struct tiles_found {
    int64_t version;
    struct person_tiles *tiles;
};

static void tiles_take(const struct uuid *user_id, int64_t version,
                       const struct person_tiles *tiles, void *context)
{
    struct tiles_found *found = context;
    (void)user_id;
    found->version = version;
    *found->tiles = *tiles;
}

enum status tiles_read(struct store *store, const struct uuid *user_id, int64_t now_us,
                       int64_t *version, struct person_tiles *tiles)
{
    struct tiles_wanted wanted = {.user_id = *user_id, .now_us = now_us};
    struct tiles_found found = {-1, tiles};
    enum status status = store_tiles_read(store, &wanted, 1, tiles_take, &found);
    *version = found.version;
    return status == STATUS_OK && found.version < 0 ? STATUS_NOT_FOUND : status;
}

static void recorded(struct decision_record *record, void *context)
{
    (void)record;
    ++*(int *)context;
}

enum status decision_record(struct store *store, const struct decision *decision,
                            const struct idempotency *idempotency, struct decision *stands)
{
    struct decision_record record = {
        .decision = decision, .idempotency = idempotency, .stands = stands};
    int told = 0;
    store_decisions_record(store, &record, 1, recorded, &told);
    assert_int_equal(told, 1);
    return record.status;
}

void decision_add(struct store *store, int person, int number, bool approved)
{
    struct decision decision = decision_of(person, number, approved), stands;
    assert_int_equal(decision_record(store, &decision, &no_key, &stands), STATUS_OK);
    assert_true(uuid_equal(&stands.id, &decision.id));
}

void offer_add_accepted(struct store *store, int person, int number)
{
    bool changed = false;
    decision_add(store, person, number, true);
    assert_int_equal(offer_try_accept(store, person, number, NOW_US, &changed), STATUS_OK);
    assert_true(changed);
}

void offer_activate(struct store *store, int person, int number)
{
    bool changed = false;
    assert_int_equal(offer_try_activate(store, person, number, &changed), STATUS_OK);
    assert_true(changed);
}

struct outbox_row message_of(enum stream stream, int number)
{
    struct outbox_row row = {.stream = stream};
    snprintf(row.request_id, sizeof row.request_id, "request-%d", number);
    snprintf(row.traceparent, sizeof row.traceparent, "%s",
             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    snprintf(row.payload, sizeof row.payload, "{\"number\": %d}", number);
    return row;
}

struct notification notification_of(int person, int number)
{
    return (struct notification){.user_id = uuid_of(person),
                                 .offer_id = uuid_of(number),
                                 .type = "CREDIT_LIMIT_APPLIED",
                                 .title = "Credit Limit Active!",
                                 .message = "Your new credit limit is now available for use.",
                                 .created_at_us = NOW_US};
}

void offer_check(const struct offer *out, const struct offer *in)
{
    assert_true(uuid_equal(&out->id, &in->id));
    assert_true(uuid_equal(&out->user_id, &in->user_id));
    assert_true(uuid_equal(&out->decision_id, &in->decision_id));
    assert_int_equal(out->status, in->status);
    assert_int_equal(out->limit_cents, in->limit_cents);
    assert_int_equal(out->rate_bp, in->rate_bp);
    assert_string_equal(out->credit_type, in->credit_type);
    assert_int_equal(out->created_at_us, in->created_at_us);
    assert_int_equal(out->expires_at_us, in->expires_at_us);
    assert_int_equal(out->accepted_at_us, in->accepted_at_us);
    assert_int_equal(out->activated_at_us, in->activated_at_us);
}

enum offer_status offer_status_of(struct store *store, int person, int number)
{
    struct uuid id = uuid_of(number), user_id = uuid_of(person);
    struct offer offer;
    assert_int_equal(store_offer_read(store, &id, &user_id, &offer), STATUS_OK);
    return offer.status;
}

enum status offer_try_accept(struct store *store, int person, int number, int64_t now_us,
                             bool *changed)
{
    struct acceptance acceptance = {.offer_id = uuid_of(number),
                                    .user_id = uuid_of(person),
                                    .now_us = now_us,
                                    .event = message_of(STREAM_CREDITS, number)};
    store_offers_accept(store, &acceptance, 1);
    *changed = acceptance.changed;
    return acceptance.status;
}

enum status offer_try_activate(struct store *store, int person, int number, bool *changed)
{
    struct uuid id = uuid_of(number), user_id = uuid_of(person);
    struct notification notification = notification_of(person, number);
    struct outbox_row event = message_of(STREAM_NOTIFICATIONS, number);
    return store_offer_activate(store, &id, &user_id, NOW_US, &notification, &event, changed);
}
