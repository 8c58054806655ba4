/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what challengers would have decided.
 */
#ifndef ECS_STORE_SHADOW_H
#define ECS_STORE_SHADOW_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/decision.h"

struct store;

/* Decisions made at or after `since_us` that the challenger has not seen, oldest first. */
MUST_CHECK enum status store_shadow_pending(struct store *store, const char *challenger,
                                            int64_t since_us, struct decision out[], size_t max,
                                            size_t *count);
/* What was recorded before stays as it is. */
MUST_CHECK enum status store_shadow_record(struct store *store,
                                           const struct shadow_decision shadows[], size_t count,
                                           int64_t now_us);

#endif
