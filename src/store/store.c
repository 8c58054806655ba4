/* SPDX-License-Identifier: Apache-2.0 */
#include "store/store.h"

#include <stdlib.h>

#include "store/internal.h"

const char *store_engine(const struct store *store)
{
    return store->dialect->engine;
}

void store_gate(struct store *store, const atomic_bool *gate)
{
    store->sql->gate = gate;
}

enum status store_health(struct store *store, struct health *health)
{
    return sql_health(store->sql, health);
}

enum status store_ping(struct store *store)
{
    struct health health = {0};
    return store_health(store, &health);
}

void store_close(struct store *store)
{
    sql_close(store->sql);
    free(store->batch);
    free(store);
}
