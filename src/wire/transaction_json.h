/* SPDX-License-Identifier: Apache-2.0
 *
 * Transactions between bytes and values. The edge and the worker use the same decoder, so a
 * producer that publishes to the bus directly is checked as strictly as one that uses HTTP.
 */
#ifndef ECS_WIRE_TRANSACTION_JSON_H
#define ECS_WIRE_TRANSACTION_JSON_H

#include "base/buf.h"
#include "domain/event.h"
#include "wire/fields.h"

/* What is taken, and from whom. */
struct transaction_rules {
    int64_t oldest_us;              /* the age from which on an event is refused */
    enum transaction_source source; /* who hands it in, whatever the payload says; UNSAID: as the
                                       payload says, and CORE if it says nothing */
    const char *currency;           /* the only one; NULL: any */
};

/* As emotion_decode does. */
MUST_CHECK enum status transaction_decode(struct slice payload, const struct event_origin *origin,
                                          const struct transaction_rules *rules,
                                          struct transaction_event *event, struct refusal *refusal);

/* The payload for the bus: {userId, amount} and the added fields, `source` among them. */
void transaction_encode(const struct transaction_event *event, struct buf *json);

#endif
