/* SPDX-License-Identifier: Apache-2.0
 *
 * Store on SQLite, in this process. All handles share one database, which is opened first and
 * closed last; each reads by a connection of its own, and writes wait for one another.
 */
#ifndef ECS_STORE_STORE_SQLITE_H
#define ECS_STORE_STORE_SQLITE_H

#include "ports/store.h"
#include "store/sql_sqlite.h"

MUST_CHECK enum status store_sqlite_open(struct sqlite_database *database, struct store **store);

#endif
