/* SPDX-License-Identifier: Apache-2.0
 *
 * A message that was given to a bus and waits for its confirmation. Every publication of every bus
 * ends here, so that /metrics counts each exactly once.
 */
#ifndef ECS_ADAPTERS_BUS_PUBLICATION_H
#define ECS_ADAPTERS_BUS_PUBLICATION_H

#include "ports/bus.h"

struct publication {
    enum stream stream;
    bus_published *done; /* NULL: ended */
    void *context;
};

/* Adds `count` messages to the metrics, as stored or as failed. Safe from any thread. */
void publication_count(enum stream stream, enum status status, size_t count);
/* Counts it and calls `done`. Safe from any thread. */
void publication_end(const struct publication *publication, enum status status);

#endif
