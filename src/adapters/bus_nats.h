/* SPDX-License-Identifier: Apache-2.0
 *
 * Bus: NATS JetStream, through libnats 3.4 (docs/decisions/bus-on-libnats.md). Streams and their
 * consumers are created when a server is reached, and looked for again at each reconnection.
 */
#ifndef ECS_ADAPTERS_BUS_NATS_H
#define ECS_ADAPTERS_BUS_NATS_H

#include "base/status.h"
#include "ports/bus.h"

/* `urls`: one or several, parted by commas; tls:// for all or for none: then nothing is told to a
 * server before its certificate has been checked against its name and `ca_file`, or if that is
 * empty, against those that this machine trusts. `replicas`: of each stream, at least; one that has
 * fewer gets more, none is ever taken away. Returns at once even if no server answers, and keeps
 * connecting until the bus is closed; meanwhile every call is UNAVAILABLE. INVALID: the URLs
 * cannot be used. */
MUST_CHECK enum status bus_nats_open(const char *urls, const char *ca_file, int replicas,
                                     struct bus **bus);

#endif
