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
#include "domain/decision_log.h"
#include "store/store.h"

struct idempotency;

/* What a credit analysis must know before it works. */
struct credit_state {
    struct uuid user_id;      /* whose; the caller's to set */
    enum status status;       /* NOT_FOUND: there is no such person, and the rest says nothing */
    int64_t features_version; /* grows with every event counted for the person */
    struct chain_head head;   /* of the person's chain; zero: it has not begun */
    bool has_decision;
    struct decision last; /* the newest decision, with its offer if it made one; its features and
                             its evidence are left out */
};

/* The states of up to REQUESTS_AT_ONCE_MAX persons, each once. Not OK: of none. */
MUST_CHECK enum status store_credit_states(struct store *store, struct credit_state states[],
                                           size_t count);

/* A decision that is to be recorded, and what became of it. */
struct decision_record {
    const struct decision *decision;
    const struct idempotency *idempotency;
    struct decision *stands; /* meaningful once `status` is OK */
    enum status status;
};
/* Told of each record, in any order, as soon as it is known what became of it; may not use the
 * store. */
typedef void decision_recorded(struct decision_record *record, void *context);
/* Records up to REQUESTS_AT_ONCE_MAX decisions, each with its offer (status offered) if it has one,
 * and the idempotency key if one came, and supersedes the person's open offer. Decisions of one
 * person are recorded one after the other: if another request has meanwhile recorded one with the
 * same inputs that still stands, that one is returned in `stands` and nothing is recorded; so too
 * the decision first recorded under the same idempotency key. Otherwise `stands` is the decision
 * itself. CONFLICT if the key was used for another request, TOO_MANY_REQUESTS if the person holds
 * IDEMPOTENCY_KEYS_MAX already. NOT_FOUND if there is no such person.
 *
 * All go into one transaction, but for persons who come again and those whom somebody else holds:
 * these are recorded after it, each alone, and so is everything if the transaction fails. What
 * fails for one is told of that one only. */
void store_decisions_record(struct store *store, struct decision_record records[], size_t count,
                            decision_recorded *done, void *context);
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
