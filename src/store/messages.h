/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what people are told, and the outbox of messages for the bus.
 */
#ifndef ECS_STORE_MESSAGES_H
#define ECS_STORE_MESSAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "domain/event.h"
#include "domain/user.h"

struct store;

struct outbox_row {
    int64_t id;
    enum stream stream;
    char request_id[TRACE_ID_MAX + 1];
    char traceparent[TRACEPARENT_LENGTH + 1];
    char payload[1024]; /* JSON text */
};

/* Oldest first. */
MUST_CHECK enum status store_notifications_after(struct store *store, const struct uuid *user_id,
                                                 int64_t after_id, struct notification out[],
                                                 size_t max, size_t *count);
/* Takes rows for publishing; another caller does not get them for OUTBOX_CLAIM_US. */
MUST_CHECK enum status store_outbox_claim(struct store *store, int64_t now_us,
                                          struct outbox_row out[], size_t max, size_t *count);
/* Deletes rows that were published. */
MUST_CHECK enum status store_outbox_done(struct store *store, const int64_t ids[], size_t count);

#endif
