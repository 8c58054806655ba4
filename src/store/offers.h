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
#include "store/store.h"

struct outbox_row;

MUST_CHECK enum status store_offers_list(struct store *store, const struct uuid *user_id,
                                         struct page page, struct offer out[], size_t *count,
                                         int64_t *total);
/* NOT_FOUND if there is none of this id that is this person's. */
MUST_CHECK enum status store_offer_read(struct store *store, const struct uuid *id,
                                        const struct uuid *user_id, struct offer *offer);
/* The person's active line. NOT_FOUND if there is none. */
MUST_CHECK enum status store_line_read(struct store *store, const struct uuid *user_id,
                                       struct offer *line);
/* offered → accepted, and `event` (payload in it) into the outbox with it. Repeating it on one's
 * own accepted or active offer is OK with `changed` false. NOT_FOUND if there is no such offer of
 * this person that is open. */
MUST_CHECK enum status store_offer_accept(struct store *store, const struct uuid *offer_id,
                                          const struct uuid *user_id, int64_t now_us,
                                          const struct outbox_row *event, bool *changed);
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
