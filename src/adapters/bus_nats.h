/* SPDX-License-Identifier: Apache-2.0
 *
 * Bus: NATS JetStream, through libnats 3.4 (docs/decisions/bus-on-libnats.md). Streams and their
 * consumers are created when a server is reached, and looked for again at each reconnection.
 */
#ifndef ECS_ADAPTERS_BUS_NATS_H
#define ECS_ADAPTERS_BUS_NATS_H

#include "base/status.h"
#include "ports/bus.h"

/* `urls`: one or several, parted by commas. `replicas`: of each stream, at least; one that has
 * fewer gets more, none is ever taken away. Returns at once even if no server answers, and keeps
 * connecting until the bus is closed; meanwhile every call is UNAVAILABLE. INVALID: the URLs
 * cannot be used. */
MUST_CHECK enum status bus_nats_open(const char *urls, int replicas, struct bus **bus);

#endif
