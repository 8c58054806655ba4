/* SPDX-License-Identifier: Apache-2.0
 *
 * Store on PostgreSQL (libpq). One connection for each handle.
 */
#ifndef ECS_STORE_STORE_POSTGRES_H
#define ECS_STORE_STORE_POSTGRES_H

#include "ports/store.h"

/* `url`: any connection string of libpq, several hosts among them. Never connects; the first call
 * does. INVALID: `url` is unusable. */
MUST_CHECK enum status store_postgres_open(const char *url, struct store **store);

#endif
