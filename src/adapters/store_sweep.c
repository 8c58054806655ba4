/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: drops what has outlived its use, in short transactions, so that nobody waits for it.
 */
#include "adapters/store_sql.h"

enum status sweep_in_parts(struct sql *sql, const char *text, int64_t before_us)
{
    int64_t deleted;
    do {
        enum status status = sql_begin(sql);
        if (status == STATUS_OK)
            status = sql_do(sql, text, &deleted, sql_time(before_us));
        status = sql_finish(sql, status);
        if (status != STATUS_OK)
            return status;
    } while (deleted > 0);
    return STATUS_OK;
}

enum status store_sql_sweep(struct store *store, int64_t now_us, int64_t raw_life_us)
{
    struct store_sql *self = store_sql_of(store);
    const struct store_dialect *dialect = self->dialect;
    enum status status = sweep_in_parts(
        self->sql, "DELETE FROM refresh_tokens WHERE expires_at < $1 RETURNING 1", now_us);
    if (status == STATUS_OK)
        status = sweep_in_parts(
            self->sql, "DELETE FROM revocations WHERE expires_at < $1 RETURNING 1", now_us);
    if (status == STATUS_OK)
        status = sweep_in_parts(self->sql, dialect->keys_sweep, now_us - EVENT_KEY_LIFE_US);
    if (status == STATUS_OK)
        status = dialect->rows_sweep(self, TABLE_EMOTIONS, now_us - raw_life_us);
    if (status == STATUS_OK)
        status = dialect->rows_sweep(self, TABLE_TRANSACTIONS, now_us - raw_life_us);
    return status;
}
