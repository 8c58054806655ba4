/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver over libpq: one connection, prepared statements, binary values, and a deadline on every
 * wait.
 *
 * A stopped server still acknowledges TCP, so no wait here trusts the network: the socket does
 * not block, and every wait ends at a deadline of our own.
 *
 * What one handle learns of the server spares the others their waits. After a connection that could
 * not be made there is a pause, and then one handle tries for all. When the question how it is
 * (health) is not answered within ENGINE_SILENCE_US the server is silent: whoever waits for it
 * gives up, and nobody asks until that question is answered again.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapters/clock.h"
#include "limits.h"
#include "process/log.h"
#include "process/steady.h"
#include "store/postgres_check.h"
#include "store/postgres_values.h"
#include "store/sql.h"

/* Of the process: all its handles are of one database. Times are steady. */
static _Atomic int64_t disk_full_us;  /* when it said last that its disk is full (53100) */
static _Atomic int64_t rest_until_us; /* nobody connects before; 0: the last attempt succeeded */
static _Atomic bool silent;

enum {
    PARAMETER_BYTES_MAX = 8 * 1024 * 1024,
    STATEMENT_NAME_SIZE = 16,
    LOOK_UP_US = 100000 /* from a wait, to see whether the server is silent */
};

struct sql_postgres {
    struct sql base;
    PGconn *connection; /* NULL: not connected */
    bool in_transaction;
    bool asks_health;                    /* the one question that is asked of a silent server */
    bool unreplicated;                   /* what was committed last may be on this server alone */
    const struct sql_patience *patience; /* NULL: a wait ends at STORE_DEADLINE_US */
    int64_t disk_look_us;                /* when the disk is looked at next */
    const char *texts[SQL_STATEMENT_SLOTS];
    struct postgres_parameters parameters;
    PGresult *result; /* NULL: none is open */
    int row;
    int column;
    char url[];
};

static struct sql_postgres *self(struct sql *sql)
{
    return (struct sql_postgres *)sql;
}

static void result_end(struct sql *sql)
{
    PQclear(self(sql)->result);
    self(sql)->result = NULL;
}

static void disconnect(struct sql_postgres *pg)
{
    result_end(&pg->base);
    PQfinish(pg->connection);
    pg->connection = NULL;
    memset(pg->texts, 0, sizeof pg->texts);
}

/* `reason` never holds values of a statement. */
static enum status unreachable(struct sql_postgres *pg, const char *reason)
{
    disconnect(pg);
    log_seldom(LOG_WARN, "", "database unreachable", LOG_TEXT("engine", "postgresql"),
               LOG_TEXT("reason", reason));
    return STATUS_UNAVAILABLE;
}

static enum status lost(struct sql_postgres *pg)
{
    return unreachable(pg, "the connection was lost");
}

/* A statement that nobody waits for any more shall not go on. */
static void cancel(PGconn *connection)
{
    char reason[256];
    PGcancel *request = PQgetCancel(connection);
    if (request != NULL && PQcancel(request, reason, sizeof reason) == 0)
        log_warn("a statement cannot be cancelled", LOG_TEXT("engine", "postgresql"));
    PQfreeCancel(request);
}

/* Whether it is of no use to wait. Who is patient waits all the same. */
static bool is_hopeless(const struct sql_postgres *pg)
{
    return atomic_load(&silent) && !pg->asks_health && pg->patience == NULL;
}

/* Waits until the server has answered all that was sent. */
static bool answer_wait(struct sql_postgres *pg)
{
    PGconn *connection = pg->connection;
    const struct sql_patience *patience = pg->patience;
    int64_t usual_us = pg->asks_health ? ENGINE_SILENCE_US : STORE_DEADLINE_US;
    int64_t deadline_us = patience != NULL ? patience->deadline_us : steady_now_us() + usual_us;
    int64_t look_up_us = patience != NULL ? SECOND_US : LOOK_UP_US;
    for (;;) {
        int unsent = PQflush(connection);
        if (unsent < 0)
            return false;
        if (unsent == 0 && !PQisBusy(connection))
            return true;
        int64_t left_us = deadline_us - steady_now_us();
        if (left_us > look_up_us)
            left_us = look_up_us;
        struct pollfd wait = {.fd = PQsocket(connection),
                              .events = (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN)};
        if (left_us <= 0 && patience != NULL)
            cancel(connection);
        if (left_us <= 0 || is_hopeless(pg) ||
            (poll(&wait, 1, (int)(left_us / 1000 + 1)) < 0 && errno != EINTR))
            return false;
        if ((wait.revents & ~POLLOUT) != 0 && !PQconsumeInput(connection))
            return false;
        if (wait.revents == 0 && patience != NULL)
            patience->goes_on(patience->context);
    }
}

/* What an SQLSTATE means to the store. INVALID is the fault of a value; everything that is not in
 * the table (a table that is missing, a permission, a column) is the fault of the database. */
static enum status status_of(struct sql_postgres *pg, const char *state, const char *constraint)
{
    static const struct {
        const char *prefix;
        enum status status;
    } table[] = {
        {"23505", STATUS_CONFLICT}, /* unique */
        {"23503", STATUS_CONFLICT}, /* foreign key: what it refers to has gone */
        {"23514", STATUS_INVALID},  /* check */
        {"22", STATUS_INVALID},
        {"40", STATUS_UNAVAILABLE},
        {"55P03", STATUS_UNAVAILABLE}, /* lock timeout */
        {"57", STATUS_UNAVAILABLE},
        {"53", STATUS_UNAVAILABLE},
        {"08", STATUS_UNAVAILABLE},
        {"25", STATUS_UNAVAILABLE}, /* idle too long; read only after a failover */
        {"58", STATUS_UNAVAILABLE},
    };
    bool no_partition = strcmp(state, "23514") == 0 && constraint == NULL;
    pg->base.worth_repeating = strncmp(state, "40", 2) == 0 || no_partition;
    if (no_partition)
        return STATUS_INTERNAL;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strncmp(state, table[i].prefix, strlen(table[i].prefix)) == 0)
            return table[i].status;
    return STATUS_INTERNAL;
}

static enum status refused(struct sql_postgres *pg, const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == NULL)
        return lost(pg);
    if (strcmp(state, "53100") == 0)
        atomic_store(&disk_full_us, steady_now_us());
    const char *constraint = PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME);
    enum status status = status_of(pg, state, constraint);
    /* A message may hold values, but not that of a permission that is missing: it names a table. */
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (strcmp(state, "42501") != 0 || words == NULL)
        words = "";
    if (status != STATUS_CONFLICT)
        log_seldom(LOG_WARN, words[0] == '\0' ? state : words, "database refused",
                   LOG_TEXT("engine", "postgresql"), LOG_TEXT("sqlstate", state),
                   LOG_TEXT("constraint", constraint == NULL ? "" : constraint),
                   LOG_TEXT("reason", words));
    /* A session that is of no use any more, or prepared statements that are not (0A, 26). */
    static const char *const lasting[] = {"25", "57P", "0A", "26"};
    bool ends = false;
    for (size_t i = 0; i < sizeof lasting / sizeof lasting[0]; i++)
        ends |= strncmp(state, lasting[i], strlen(lasting[i])) == 0;
    if (ends)
        disconnect(pg); /* frees the result, and `state` with it */
    return status;
}

/* Takes the answers to what was sent; the last one stays open. */
static enum status answer_take(struct sql_postgres *pg, bool sent)
{
    assert(pg->connection != NULL);
    result_end(&pg->base);
    pg->unreplicated = false;
    if (!sent || !answer_wait(pg))
        return lost(pg);
    enum status status = STATUS_OK;
    PGresult *result;
    while (pg->connection != NULL && (result = PQgetResult(pg->connection)) != NULL) {
        PQclear(pg->result);
        pg->result = result;
        ExecStatusType outcome = PQresultStatus(result);
        if (outcome != PGRES_COMMAND_OK && outcome != PGRES_TUPLES_OK && status == STATUS_OK)
            status = refused(pg, result);
        if (pg->connection != NULL && !answer_wait(pg))
            return lost(pg);
    }
    pg->row = -1;
    if (status == STATUS_OK && pg->unreplicated)
        status = STATUS_UNAVAILABLE; /* as after any commit whose outcome is unknown */
    if (status != STATUS_OK)
        result_end(&pg->base);
    return status;
}

/* A commit that waits for a synchronous standby, and whose wait an operator cancels, succeeds all
 * the same, with nothing but a plain warning: it is on one server, and gone if that dies. */
static void notice_read(void *context, const PGresult *notice)
{
    struct sql_postgres *pg = context;
    const char *state = PQresultErrorField(notice, PG_DIAG_SQLSTATE);
    pg->unreplicated = pg->unreplicated || (state != NULL && strcmp(state, "01000") == 0);
}

static enum status session_prepare(struct sql_postgres *pg)
{
    char settings[512];
    snprintf(settings, sizeof settings,
             "SET statement_timeout = %d; SET lock_timeout = %d;"
             "SET idle_in_transaction_session_timeout = %d; SET synchronous_commit = on;"
             "SET default_transaction_isolation = 'read committed'; SET timezone = 'UTC';"
             "SET plan_cache_mode = force_generic_plan; SET jit = off",
             STORE_STATEMENT_MS, STORE_LOCK_MS, STORE_IDLE_MS);
    enum status status = answer_take(pg, PQsendQuery(pg->connection, settings) == 1);
    result_end(&pg->base);
    return status;
}

/* Parameters of the URL win over these, for they come later. libpq works out the end of
 * connect_timeout by the time of day, but waits for it by poll: a clock that is set during a wait
 * does not lengthen it. */
static enum status connect_try(struct sql_postgres *pg)
{
    char connect_s[12], tcp_ms[12];
    snprintf(connect_s, sizeof connect_s, "%d", STORE_CONNECT_S);
    snprintf(tcp_ms, sizeof tcp_ms, "%d", STORE_TCP_MS);
    const char *const keys[] = {"connect_timeout", "tcp_user_timeout", "fallback_application_name",
                                "dbname", NULL};
    const char *const values[] = {connect_s, tcp_ms, "ecs", pg->url, NULL};
    assert(pg->connection == NULL && !pg->in_transaction);
    pg->connection = PQconnectdbParams(keys, values, 1);
    if (PQstatus(pg->connection) != CONNECTION_OK || PQsetnonblocking(pg->connection, 1) != 0) {
        char reason[REASON_MAX + 1];
        postgres_check_words(pg->connection, reason);
        return unreachable(pg, reason);
    }
    PQsetNoticeReceiver(pg->connection, notice_read, pg);
    enum status status = session_prepare(pg);
    if (status != STATUS_OK)
        disconnect(pg);
    return status;
}

/* After a failure one handle tries, and the others are told at once that it is not there. */
static bool may_connect(const struct sql_postgres *pg)
{
    int64_t until_us = atomic_load(&rest_until_us), now_us = steady_now_us();
    int64_t trying_us = now_us + STORE_CONNECT_S * SECOND_US + STORE_REST_US;
    return until_us == 0 || pg->asks_health || pg->patience != NULL ||
           (now_us >= until_us &&
            atomic_compare_exchange_strong(&rest_until_us, &until_us, trying_us));
}

static enum status connect_now(struct sql_postgres *pg)
{
    if (!may_connect(pg))
        return STATUS_UNAVAILABLE;
    enum status status = connect_try(pg);
    atomic_store(&rest_until_us, status == STATUS_OK ? 0 : steady_now_us() + STORE_REST_US);
    return status;
}

/* A server that went away while we idled has said so and closed the socket: better noticed now. */
static bool connection_is_stale(PGconn *connection)
{
    struct pollfd wait = {.fd = PQsocket(connection), .events = POLLIN};
    while (poll(&wait, 1, 0) > 0)
        if (!PQconsumeInput(connection))
            return true;
    return PQstatus(connection) != CONNECTION_OK;
}

static enum status connection_ready(struct sql_postgres *pg)
{
    pg->base.worth_repeating = false;
    if (is_hopeless(pg))
        return unreachable(pg, "it does not answer");
    if (pg->in_transaction)
        return pg->connection == NULL ? STATUS_UNAVAILABLE : STATUS_OK;
    if (pg->connection != NULL && connection_is_stale(pg->connection))
        disconnect(pg);
    return pg->connection == NULL ? connect_now(pg) : STATUS_OK;
}

static enum status script(struct sql *sql, const char *text)
{
    struct sql_postgres *pg = self(sql);
    enum status status = connection_ready(pg);
    if (status == STATUS_OK)
        status = answer_take(pg, PQsendQuery(pg->connection, text) == 1);
    result_end(sql);
    return status;
}

static enum status patience_set(struct sql *sql, const struct sql_patience *patience)
{
    struct sql_postgres *pg = self(sql);
    pg->patience = NULL; /* its deadline may be over */
    enum status status = connection_ready(pg);
    if (status == STATUS_OK)
        status = patience == NULL ? session_prepare(pg)
                                  : script(sql, "SET statement_timeout = 0;"
                                                "SET idle_in_transaction_session_timeout = 0");
    pg->patience = patience;
    return status;
}

static enum status transaction_begin(struct sql *sql)
{
    assert(!self(sql)->in_transaction);
    enum status status = script(sql, "BEGIN");
    self(sql)->in_transaction = status == STATUS_OK;
    return status;
}

static enum status transaction_commit(struct sql *sql)
{
    struct sql_postgres *pg = self(sql);
    assert(pg->in_transaction);
    /* To COMMIT what has failed is to roll it back, and PostgreSQL calls that a success. */
    bool failed = pg->connection != NULL && PQtransactionStatus(pg->connection) == PQTRANS_INERROR;
    enum status status = failed ? STATUS_INTERNAL : script(sql, "COMMIT");
    pg->in_transaction = failed;
    return status;
}

static void transaction_rollback(struct sql *sql)
{
    struct sql_postgres *pg = self(sql);
    result_end(sql);
    if (pg->in_transaction && pg->connection != NULL) {
        bool repeat = sql->worth_repeating;
        if (script(sql, "ROLLBACK") != STATUS_OK)
            disconnect(pg);
        sql->worth_repeating = repeat;
    }
    pg->in_transaction = false;
}

/* Runs a statement with the parameters that are set; prepares it first if it is new. */
static enum status statement_run(struct sql_postgres *pg, const char *text)
{
    const struct postgres_parameters *with = &pg->parameters;
    size_t slot = sql_statement_slot(pg->texts, text);
    char name[STATEMENT_NAME_SIZE];
    snprintf(name, sizeof name, "s%zu", slot);
    if (pg->texts[slot] == NULL) {
        int sent = PQsendPrepare(pg->connection, name, text, with->count, with->types);
        enum status status = answer_take(pg, sent == 1);
        if (status != STATUS_OK)
            return status;
        pg->texts[slot] = text;
    }
    return answer_take(pg, PQsendQueryPrepared(pg->connection, name, with->count, with->values,
                                               with->lengths, with->formats, 1) == 1);
}

static enum status start(struct sql *sql, const char *text, const struct sql_value values[],
                         size_t count)
{
    struct sql_postgres *pg = self(sql);
    enum status status = connection_ready(pg);
    if (status != STATUS_OK)
        return status;
    postgres_parameters_of_values(&pg->parameters, values, count);
    return statement_run(pg, text);
}

static enum status next(struct sql *sql)
{
    struct sql_postgres *pg = self(sql);
    assert(pg->result != NULL && pg->row < PQntuples(pg->result));
    pg->column = 0;
    if (++pg->row < PQntuples(pg->result))
        return STATUS_OK;
    result_end(sql);
    return STATUS_NOT_FOUND;
}

static enum status bulk(struct sql *sql, const struct sql_bulk *bulk)
{
    struct sql_postgres *pg = self(sql);
    enum status status = connection_ready(pg);
    if (status == STATUS_OK)
        status = postgres_parameters_of_columns(&pg->parameters, bulk);
    if (status == STATUS_OK)
        status = statement_run(pg, bulk->text);
    if (status != STATUS_OK)
        return status;
    while (next(sql) == STATUS_OK)
        bulk->read(sql, bulk->context);
    return STATUS_OK;
}

/* The row has a next column. */
static bool has_column(const struct sql_postgres *pg)
{
    return pg->result != NULL && pg->row >= 0 && pg->row < PQntuples(pg->result) &&
           pg->column < PQnfields(pg->result);
}

static bool null(struct sql *sql)
{
    assert(has_column(self(sql)));
    return PQgetisnull(self(sql)->result, self(sql)->row, self(sql)->column) != 0;
}

static const void *bytes(struct sql *sql, size_t *size)
{
    struct sql_postgres *pg = self(sql);
    assert(has_column(pg));
    *size = (size_t)PQgetlength(pg->result, pg->row, pg->column);
    return PQgetvalue(pg->result, pg->row, pg->column++);
}

static int64_t integer(struct sql *sql, enum sql_type type)
{
    size_t size;
    const char *data = bytes(sql, &size);
    return postgres_values_integer(data, (int)size, type);
}

/* Asks what makes commits sure; synchronous_commit is on in our sessions, whatever the server's. */
static enum status health_ask(struct sql *sql, struct health *health)
{
    struct sql_postgres *pg = self(sql);
    /* When a handle could not connect, it is a question too whether one can. */
    if (atomic_load(&rest_until_us) != 0)
        disconnect(pg);
    enum status status = connection_ready(pg);
    health->cause = "it takes no connections";
    if (status != STATUS_OK)
        return status;
    int64_t asked_us = steady_now_us();
    health_asks(health);
    status = sql_start_values(sql,
                              "SELECT current_setting('fsync') = 'on'"
                              " AND current_setting('full_page_writes') = 'on',"
                              " clock_timestamp()",
                              NULL, 0);
    atomic_store(&silent, status != STATUS_OK && steady_now_us() - asked_us >= ENGINE_SILENCE_US);
    health->cause = status == STATUS_OK ? NULL : "it does not answer";
    if (status == STATUS_OK)
        status = sql_next(sql);
    if (status != STATUS_OK)
        return status;
    health->durability = sql_row_boolean(sql) ? DURABILITY_POWER : DURABILITY_PROCESS;
    clock_system_follow(CLOCK_OF_STORE, sql_row_time_us(sql), asked_us, steady_now_us());
    sql_end(sql);
    health_answered(health);
    return STATUS_OK;
}

/* PostgreSQL cannot be asked how full its disk is. So it is made to spill a mebibyte of a result to
 * a temporary file, which is gone when the statement ends: that is refused (see refused) a mebibyte
 * before a table cannot grow by a page. Its other refusals say nothing of the disk, and a disk that
 * is slow is no silence: the file has the time that any statement has. */
static void disk_look(struct sql *sql)
{
    struct sql_postgres *pg = self(sql);
    if (steady_now_us() < pg->disk_look_us)
        return;
    if (sql_start_values(sql,
                         "SELECT set_config('work_mem', '64kB', true), (SELECT count(*)"
                         " FROM unnest(array_fill(repeat('x', 8191), ARRAY[128])))",
                         NULL, 0) == STATUS_OK)
        sql_end(sql);
    pg->disk_look_us = steady_now_us() + DISK_LOOK_US;
}

static enum status health(struct sql *sql, struct health *health)
{
    struct sql_postgres *pg = self(sql);
    assert(!pg->asks_health && !pg->in_transaction);
    pg->asks_health = true;
    enum status status = health_ask(sql, health);
    pg->asks_health = false;
    if (status != STATUS_OK)
        return STATUS_UNAVAILABLE;
    disk_look(sql);
    int64_t full_us = atomic_load(&disk_full_us);
    if (full_us == 0 || steady_now_us() - full_us > DISK_FULL_REMEMBERED_US)
        return STATUS_OK;
    health->cause = "the disk is full";
    return STATUS_UNAVAILABLE;
}

static void handle_close(struct sql *sql)
{
    struct sql_postgres *pg = self(sql);
    disconnect(pg);
    buf_free(&pg->parameters.bytes);
    free(pg);
}

static const struct sql_ops ops = {
    .patience = patience_set,
    .begin = transaction_begin,
    .commit = transaction_commit,
    .rollback = transaction_rollback,
    .script = script,
    .start = start,
    .next = next,
    .end = result_end,
    .bulk = bulk,
    .null = null,
    .integer = integer,
    .bytes = bytes,
    .health = health,
    .close = handle_close,
};

enum status sql_postgres_open(const char *url, struct sql **sql)
{
    if (!postgres_check_url(url))
        return STATUS_INVALID;
    size_t url_size = strlen(url) + 1;
    struct sql_postgres *pg = calloc(1, sizeof *pg + url_size);
    if (pg == NULL)
        return STATUS_UNAVAILABLE;
    memcpy(pg->url, url, url_size);
    pg->base.ops = &ops;
    buf_init(&pg->parameters.bytes, PARAMETER_BYTES_MAX);
    *sql = &pg->base;
    return STATUS_OK;
}
