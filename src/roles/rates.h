/* SPDX-License-Identifier: Apache-2.0
 *
 * Limits on what one address may do, counted in the cache, so that they hold across processes
 * when the cache is shared. If the cache cannot be asked there is no limit here: the one on all
 * requests of an address, which each process keeps by itself, still holds.
 */
#ifndef ECS_ROLES_RATES_H
#define ECS_ROLES_RATES_H

#include <stdbool.h>

#include "roles/role.h"

/* Counts one `what` of an address in this second; false if it is one too many. */
bool rate_pass(struct role_context *context, const char *what, struct slice address,
               int64_t per_second_max);

#endif
