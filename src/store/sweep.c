/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: lets open offers expire, and drops what has outlived its use, in short transactions,
 * so that nobody waits for it. It goes by the database's time, in which the rows are written, and
 * only while that can be believed (domain/retention.h): the machine's clock is the second opinion.
 */
#include "store/sweep.h"

#include <assert.h>

#include "domain/batch_size.h"
#include "domain/retention.h"
#include "process/steady.h"
#include "store/internal.h"

/* Reads the row of sweeps and the database's time; `now_us` is that time where the database has no
 * clock of its own. */
static enum status retention_read(struct store *store, int64_t now_us, struct retention *retention,
                                  int64_t *database_us)
{
    struct sql *sql = store->sql;
    enum status status = sql_one(sql, store->dialect->sweeps_read, sql_time(now_us));
    if (status == STATUS_OK) {
        retention->present_us = sql_row_time_us(sql);
        retention->swept_us = sql_row_time_us(sql);
        *database_us = sql_row_time_us(sql);
    }
    sql_end(sql);
    return status;
}

/* Asks whether a sweep is due, and if so takes it: nobody else does within the hour. */
static enum status sweep_take(struct store *store, int64_t now_us, int64_t machine_us,
                              int64_t *database_us, struct sweep *sweep)
{
    struct sql *sql = store->sql;
    struct retention retention;
    enum status status = sql_begin(sql);
    if (status == STATUS_OK)
        status = retention_read(store, now_us, &retention, database_us);
    if (status == STATUS_OK) {
        int64_t swept_us = retention.swept_us, taken = 1;
        sweep->skew_us = machine_us - *database_us;
        sweep->jump_us = retention.present_us == 0 ? 0 : *database_us - retention.present_us;
        sweep->answer = retention_step(&retention, *database_us, machine_us);
        if (retention.swept_us != swept_us)
            status = sql_do(sql,
                            "UPDATE sweeps SET present = $1, swept_at = $2"
                            " WHERE id = 1 AND swept_at = $3 RETURNING 1",
                            &taken, sql_time(retention.present_us), sql_time(retention.swept_us),
                            sql_time(swept_us));
        assert(taken <= 1); /* sweeps has one row */
        if (taken == 0)     /* another process was faster */
            sweep->answer = RETENTION_NOT_DUE;
    }
    return sql_finish(sql, status);
}

/* Removes up to `max` rows, as many in a part as the database removes within its time limits. */
static enum status parts_remove(struct sql *sql, const char *text, int64_t before_us, int64_t max,
                                int64_t *removed)
{
    struct batch_size size = {0};
    int64_t part = 0;
    enum status status;
    *removed = 0;
    do {
        size_t left = (size_t)(max - *removed), rows = batch_size_next(&size, SWEEP_PART_ROWS);
        if (rows > left)
            rows = left;
        assert(*removed >= 0 && *removed <= max && rows <= SWEEP_PART_ROWS);
        int64_t began_us = steady_now_us();
        status = sql_alone(sql, text, &part, sql_time(before_us), sql_integer((int64_t)rows));
        int64_t taken_us = steady_now_us() - began_us;
        if (status != STATUS_OK && (taken_us < BATCH_LONG_US || rows == 1))
            return status;
        batch_size_note(&size, rows, status == STATUS_OK, taken_us);
        if (status == STATUS_OK)
            *removed += part;
        /* What took too long is still there. */
    } while ((status != STATUS_OK || part > 0) && *removed < max);
    return STATUS_OK;
}

static enum status sweep_rows(struct sql *sql, const struct sweep_statements *statements,
                              int64_t before_us, int64_t *removed, bool *held_back)
{
    int64_t rows = 0;
    *removed = 0;
    enum status status = sql_one(sql, statements->due, sql_time(before_us));
    sql_end(sql);
    if (status != STATUS_OK)
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    status = sql_one_number_values(sql, statements->count, NULL, 0, &rows);
    int64_t max = (rows * SWEEP_SHARE_PERCENT + 99) / 100;
    if (status == STATUS_OK)
        status = parts_remove(sql, statements->remove, before_us, max, removed);
    if (status != STATUS_OK || *removed < max)
        return status;
    status = sql_one(sql, statements->due, sql_time(before_us));
    sql_end(sql);
    *held_back = *held_back || status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* The age at which each goes, but for raw rows, whose age is a setting. What expires holds the
 * moment itself. */
static const int64_t lives_us[SWEPT_COUNT] = {
    [SWEPT_KEYS] = EVENT_KEY_LIFE_US,
    [SWEPT_DECISION_KEYS] = IDEMPOTENCY_KEY_LIFE_US,
    [SWEPT_SUBMISSION_KEYS] = IDEMPOTENCY_KEY_LIFE_US,
    [SWEPT_LOGIN_FAILURES] = FAILED_LOGIN_LIFE_US,
};

enum status store_sweep(struct store *store, int64_t now_us, int64_t machine_us,
                        int64_t raw_life_us, struct sweep *sweep)
{
    int64_t database_us = 0;
    *sweep = (struct sweep){.answer = RETENTION_NOT_DUE};
    enum status status = sweep_take(store, now_us, machine_us, &database_us, sweep);
    for (enum swept swept = 0; swept < SWEPT_COUNT && status == STATUS_OK; swept++) {
        const struct sweep_statements *statements = &store->dialect->sweeps[swept];
        bool raw = swept == SWEPT_EMOTIONS || swept == SWEPT_TRANSACTIONS;
        int64_t before_us = database_us - (raw ? raw_life_us : lives_us[swept]);
        if (sweep->answer != RETENTION_DUE)
            break;
        if (statements->remove != NULL)
            status = sweep_rows(store->sql, statements, before_us, &sweep->removed[swept],
                                &sweep->held_back);
        else
            status = store->dialect->months_sweep(store, swept, before_us, &sweep->removed[swept],
                                                  &sweep->held_back);
    }
    return status;
}

enum status store_offers_expire(struct store *store, int64_t now_us, int64_t machine_us,
                                int64_t *expired)
{
    enum { PART = 1000 }; /* as in the statement: short transactions */
    struct sql *sql = store->sql;
    struct retention retention;
    int64_t database_us = 0, part = 0;
    *expired = 0;
    enum status status = retention_read(store, now_us, &retention, &database_us);
    if (status != STATUS_OK ||
        retention_check(&retention, database_us, machine_us) != RETENTION_DUE)
        return status;
    do {
        status = sql_alone(sql, store->dialect->offers_expire, &part, sql_time(database_us));
        assert(status != STATUS_OK || part <= PART);
        *expired += status == STATUS_OK ? part : 0;
    } while (status == STATUS_OK && part == PART);
    return status;
}
