/* SPDX-License-Identifier: Apache-2.0
 *
 * Simulated events on their way: feelings in batches over HTTP, payments one by one with their
 * person's token; or both to the bus, as a producer without HTTP does. One sender per thread.
 */
#ifndef ECS_COMMANDS_SIMULATE_EVENTS_H
#define ECS_COMMANDS_SIMULATE_EVENTS_H

#include <stdatomic.h>

#include "base/buf.h"
#include "commands/simulate_people.h"
#include "ports/bus.h"

/* Counted by all threads. */
struct event_totals {
    _Atomic int64_t feelings; /* accepted; so is the next */
    _Atomic int64_t payments;
    _Atomic int64_t refused;
    _Atomic int64_t lost; /* the bus did not confirm them */
};

struct event_sender {
    struct client *client;
    const char *internal_key;
    struct bus *bus; /* NULL: over HTTP */
    struct event_totals *totals;
    struct buf batch; /* feelings that wait to be sent, one to a line */
    int64_t batch_lines;
    _Atomic int64_t unconfirmed; /* of the bus */
};

void event_sender_init(struct event_sender *sender, struct client *client, const char *internal_key,
                       struct bus *bus, struct event_totals *totals);
void event_sender_free(struct event_sender *sender);

/* Sends the event, or puts it into the batch. `id` is its event id. Not OK: stopped. */
MUST_CHECK enum status event_sender_send(struct event_sender *sender, struct account *account,
                                         const struct simulated_event *event, const char *id);
/* Sends what waits, and waits for what the bus has not confirmed. */
MUST_CHECK enum status event_sender_flush(struct event_sender *sender);

#endif
