/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known of transactions before they are counted: an Idempotency-Key that was used for
 * another request, an id that was used for another transaction. The worker knows for certain, and
 * refuses later what slips through here; but whoever is answered here need not look for it among
 * the dead letters. docs/decisions/known-transactions.md tells why it is done so.
 */
#ifndef ECS_ROLES_TRANSACTION_JUDGE_H
#define ECS_ROLES_TRANSACTION_JUDGE_H

#include "roles/ingestion.h"

/* ingestion.judge. Asks the cache and the database. */
bool transaction_judge(struct role_context *context, struct exchange *exchange,
                       struct submission submissions[], size_t count);

#endif
