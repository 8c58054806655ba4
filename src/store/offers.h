/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: offers on their way to a person's one credit line.
 */
#ifndef ECS_STORE_OFFERS_H
#define ECS_STORE_OFFERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "domain/offer.h"
#include "domain/user.h"
#include "store/messages.h"
#include "store/store.h"

MUST_CHECK enum status store_offers_list(struct store *store, const struct uuid *user_id,
                                         struct page page, struct offer out[], size_t *count,
                                         int64_t *total);
/* NOT_FOUND if there is none of this id that is this person's. */
MUST_CHECK enum status store_offer_read(struct store *store, const struct uuid *id,
                                        const struct uuid *user_id, struct offer *offer);
/* The person's active line. NOT_FOUND if there is none. */
MUST_CHECK enum status store_line_read(struct store *store, const struct uuid *user_id,
                                       struct offer *line);
/* An offer that a person accepts; all but the last three are the caller's to set. */
struct acceptance {
    struct uuid offer_id;
    struct uuid user_id;
    int64_t now_us;
    struct outbox_row event; /* payload in it; not needed to read the offer */
    struct offer offer;      /* as it was found */
    bool changed;            /* it was not accepted before */
    enum status status;
};
/* Reads up to REQUESTS_AT_ONCE_MAX offers. The status of each is OK, or NOT_FOUND if there is none
 * of this id that is this person's. Not OK: of none. */
MUST_CHECK enum status store_acceptances_read(struct store *store, struct acceptance acceptances[],
                                              size_t count);
/* offered → accepted of up to REQUESTS_AT_ONCE_MAX offers, and `event` of each into the outbox with
 * it, in one transaction; each alone if that fails, so that a status tells of this one only.
 * Repeating it on one's own accepted or active offer is OK with `changed` false. NOT_FOUND if there
 * is no such offer of this person that is open. */
void store_offers_accept(struct store *store, struct acceptance acceptances[], size_t count);
/* accepted → active; the person's line that was active before, if any, is superseded; the
 * notification and its event (payload in it) are written with it. OK with `changed` false if it
 * is active or superseded already. NOT_FOUND if there is no such accepted offer of this person. */
MUST_CHECK enum status store_offer_activate(struct store *store, const struct uuid *offer_id,
                                            const struct uuid *user_id, int64_t now_us,
                                            const struct notification *notification,
                                            const struct outbox_row *event, bool *changed);
/* Accepted before `before_us` and still not active, the longest first. */
MUST_CHECK enum status store_offers_waiting(struct store *store, int64_t before_us,
                                            struct offer out[], size_t max, size_t *count);

#endif
