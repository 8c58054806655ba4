/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store_sql.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A table of operations is a name and then function pointers, every one of which must be set. */
static bool operations_complete(const struct store_ops *ops)
{
    static const char nothing[sizeof(void (*)(void))];
    const char *members = (const char *)ops;
    for (size_t at = 0; at < sizeof *ops; at += sizeof nothing)
        if (memcmp(members + at, nothing, sizeof nothing) == 0)
            return false;
    return true;
}

void store_sql_init(struct store_sql *store, const struct store_ops *ops, struct sql *sql,
                    const struct store_dialect *dialect)
{
    assert(operations_complete(ops));
    store->base.ops = ops;
    store->sql = sql;
    store->dialect = dialect;
    store->batch = NULL;
}

void store_sql_gate(struct store *store, const atomic_bool *gate)
{
    store_sql_of(store)->sql->gate = gate;
}

enum status store_sql_health(struct store *store, struct health *health)
{
    return sql_health(store_sql_of(store)->sql, health);
}

void store_sql_close(struct store *store)
{
    struct store_sql *self = store_sql_of(store);
    sql_close(self->sql);
    free(self->batch);
    free(self);
}
