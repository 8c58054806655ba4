/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: the database, the only truth. Every operation of this room is one transaction: it
 * happened, or it did not. A handle is used by one thread at a time; each thread opens its own.
 *
 * Every operation may return UNAVAILABLE: the database could not be asked, or its answer was lost.
 * The next call connects anew. All operations are safe to repeat after that.
 *
 * Their contracts are in the headers of this room, by what they are about: people,
 * events, features, decisions, log, offers, messages, sweep.
 */
#ifndef ECS_STORE_STORE_H
#define ECS_STORE_STORE_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/status.h"
#include "ports/health.h"

struct store;
struct sqlite_database;

struct page {
    int64_t offset;
    int64_t size;
};

/* Opens the store on SQLite, in this process. All handles share one database, which is opened first
 * and closed last; each reads by a connection of its own, and writes wait for one another. */
MUST_CHECK enum status store_sqlite_open(struct sqlite_database *database, struct store **store);
/* Opens the store on PostgreSQL, one connection for each handle. `url`: any connection string of
 * libpq, several hosts among them. Never connects; the first call does. INVALID: `url` is
 * unusable. */
MUST_CHECK enum status store_postgres_open(const char *url, struct store **store);
/* The engine behind it: "sqlite" or "postgresql". */
const char *store_engine(const struct store *store);
/* Every call is UNAVAILABLE while `gate` is false; it must outlive the store. */
void store_gate(struct store *store, const atomic_bool *gate);

/* OK: it reads and writes. UNAVAILABLE: it does not, or soon will not. Both fill `health`,
 * which begins zeroed but for owed_since_us. */
MUST_CHECK enum status store_health(struct store *store, struct health *health);
void store_close(struct store *store);

/* Applies every migration not yet applied; safe when several processes do it at once. `applied`
 * counts those that this call applied. Takes as long as they take, up to hours. TIMED_OUT: another
 * process is at it; call again. FORBIDDEN: this login may not, and it must be done. */
MUST_CHECK enum status store_migrate(struct store *store, int *applied);
/* Counts those not yet applied, and applies none. CONFLICT: one was applied with another text. */
MUST_CHECK enum status store_migrations_pending(struct store *store, int *pending);

#endif
