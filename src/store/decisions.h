/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: credit decisions, which stand while their inputs do, and what challengers would have
 * decided.
 */
#ifndef ECS_STORE_DECISIONS_H
#define ECS_STORE_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "domain/decision.h"
#include "store/store.h"

struct idempotency;

/* What a credit analysis must know before it works. */
struct credit_state {
    int64_t features_version; /* grows with every event counted for the person */
    bool has_decision;
    struct decision last; /* the newest decision, with its offer if it made one; its features and
                             its evidence are left out */
};

/* NOT_FOUND if there is no such person. */
MUST_CHECK enum status store_credit_state(struct store *store, const struct uuid *user_id,
                                          struct credit_state *state);
/* Records a decision, its offer (status offered) if it has one, and the idempotency key if one
 * came, and supersedes the person's open offers. Decisions of one person are recorded one after
 * the other: if another request has meanwhile recorded one with the same inputs that still
 * stands, that one is returned in `stands` and nothing is recorded; so too the decision first
 * recorded under the same idempotency key. Otherwise `stands` is `decision`. CONFLICT if the key
 * was used for another request, TOO_MANY_REQUESTS if the person holds IDEMPOTENCY_KEYS_MAX
 * already. NOT_FOUND if there is no such person. */
MUST_CHECK enum status store_decision_record(struct store *store, const struct decision *decision,
                                             const struct idempotency *idempotency,
                                             struct decision *stands);
/* The decision that was answered under this key. NOT_FOUND if the key is new; CONFLICT if it was
 * used for another request. */
MUST_CHECK enum status store_decision_by_key(struct store *store, const struct uuid *user_id,
                                             const struct idempotency *idempotency,
                                             struct decision *decision);
/* NOT_FOUND if there is none of this id that is this person's. */
MUST_CHECK enum status store_decision_read(struct store *store, const struct uuid *id,
                                           const struct uuid *user_id, struct decision *decision);
/* The person's decision of this very moment; of several the last. NOT_FOUND: there is none. */
MUST_CHECK enum status store_decision_at(struct store *store, const struct uuid *user_id,
                                         int64_t at_us, struct decision *decision);
/* Newest first; `out` has room for page.size. `total` counts all pages. */
MUST_CHECK enum status store_decisions_list(struct store *store, const struct uuid *user_id,
                                            struct page page, struct decision out[], size_t *count,
                                            int64_t *total);
/* Decisions made at or after `since_us` that the challenger has not seen, oldest first. */
MUST_CHECK enum status store_shadow_pending(struct store *store, const char *challenger,
                                            int64_t since_us, struct decision out[], size_t max,
                                            size_t *count);
/* What was recorded before stays as it is. */
MUST_CHECK enum status store_shadow_record(struct store *store,
                                           const struct shadow_decision shadows[], size_t count,
                                           int64_t now_us);

#endif
