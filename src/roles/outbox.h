/* SPDX-License-Identifier: Apache-2.0
 *
 * The outbox: messages that were committed together with what they tell of → the bus. A message
 * that was published but not yet deleted when a process ends is published again; its message id,
 * and consumers that count once, make that harmless.
 */
#ifndef ECS_ROLES_OUTBOX_H
#define ECS_ROLES_OUTBOX_H

#include "roles/role.h"
#include "store/messages.h"

enum { OUTBOX_PERIOD_US = 100000, OUTBOX_BATCH_MAX = 256 };

/* Rows under way and what became of them: the scratch of the tick. */
struct outbox_batch {
    struct outbox_row rows[OUTBOX_BATCH_MAX];
    struct span spans[OUTBOX_BATCH_MAX];
    int64_t published[OUTBOX_BATCH_MAX]; /* ids */
};

/* A tick_step: publishes what waits, and deletes what the bus has confirmed. */
MUST_CHECK enum status outbox_relay(struct role_context *context);

/* A message on `stream` in the name of `request_id` and `traceparent`; its payload is copied.
 * INTERNAL if it does not fit, or was cut for want of memory. */
MUST_CHECK enum status outbox_row_make(struct outbox_row *row, enum stream stream,
                                       struct slice request_id, struct slice traceparent,
                                       const struct buf *payload);

#endif
