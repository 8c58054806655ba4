/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: its schema, and the steps in which it grows.
 */
#ifndef ECS_STORE_MIGRATIONS_H
#define ECS_STORE_MIGRATIONS_H

#include "base/status.h"

struct store;

/* Applies every migration not yet applied; safe when several processes do it at once. `applied`
 * counts those that this call applied. Takes as long as they take, up to hours. TIMED_OUT: another
 * process is at it; call again. FORBIDDEN: this login may not, and it must be done. */
MUST_CHECK enum status store_migrate(struct store *store, int *applied);
/* Counts those not yet applied, and applies none. CONFLICT: one was applied with another text. */
MUST_CHECK enum status store_migrations_pending(struct store *store, int *pending);

#endif
