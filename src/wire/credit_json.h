/* SPDX-License-Identifier: Apache-2.0
 *
 * Decisions, offers, lines and notifications between values and JSON, as the wire contract spells
 * them. Each encoder writes one object.
 */
#ifndef ECS_WIRE_CREDIT_JSON_H
#define ECS_WIRE_CREDIT_JSON_H

#include "base/buf.h"
#include "domain/decision.h"
#include "domain/user.h"
#include "wire/fields.h"

/* What an analysis answers. */
void credit_analysis_encode(const struct decision *decision, struct buf *json);
/* The same and what the decision was made from. */
void credit_decision_encode(const struct decision *decision, struct buf *json);
/* An offer in a list of them. */
void credit_offer_encode(const struct offer *offer, struct buf *json);
/* An active line. */
void credit_line_encode(const struct offer *line, struct buf *json);
void credit_notification_encode(const struct notification *notification, struct buf *json);

/* {userId}: who accepts. */
MUST_CHECK enum status credit_acceptance_decode(struct slice body, struct uuid *user_id,
                                                struct refusal *refusal);

/* The event of an accepted offer, on the stream of credits. */
struct credit_accepted {
    struct uuid offer_id;
    struct uuid user_id;
    int64_t limit_cents;
    int32_t rate_bp;
    char credit_type[CREDIT_TYPE_MAX + 1];
    int64_t accepted_at_us;
};

/* {offerId, userId, creditLimit, interestRate, creditType, acceptedAt} */
void credit_accepted_encode(const struct credit_accepted *accepted, struct buf *json);
MUST_CHECK enum status credit_accepted_decode(struct slice payload,
                                              struct credit_accepted *accepted,
                                              struct refusal *refusal);

/* {notificationId, userId, type, title, message}: the event on the stream of notifications. The id
 * is made of person, offer and type, so that one that is published twice has it twice. */
void credit_notification_event_encode(const struct notification *notification, struct buf *json);

#endif
