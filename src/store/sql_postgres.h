/* SPDX-License-Identifier: Apache-2.0
 *
 * Driver of store/sql.h over libpq: one connection, prepared statements, binary values, and a
 * deadline on every wait. A server that has gone is UNAVAILABLE; the next call outside a
 * transaction connects anew, to whichever host of the string then takes writes.
 */
#ifndef ECS_STORE_SQL_POSTGRES_H
#define ECS_STORE_SQL_POSTGRES_H

#include "store/sql.h"

/* Never connects. INVALID: `url` is not sound (postgres_check.h). */
MUST_CHECK enum status sql_postgres_open(const char *url, struct sql **sql);

#endif
