/* SPDX-License-Identifier: Apache-2.0
 *
 * Bus: NATS JetStream, through libnats 3.4 (docs/decisions/bus-nats.md). Streams and their
 * consumers are created when a server is reached, and looked for again at each reconnection.
 * A message is stored when JetStream confirms it; the confirmation comes in on a thread of libnats,
 * which calls the publisher's `done` (nats.c). Confirmed is written, not yet synced: nats-server
 * does that minutes later, unless its sync_interval is `always` (docs/deployment.md).
 */
#ifndef ECS_BUS_NATS_H
#define ECS_BUS_NATS_H

#include <stdbool.h>

#include "base/status.h"
#include "ports/bus.h"

struct bus_nats_options {
    /* One or several, parted by commas; tls:// for all or for none: then nothing is told to a
     * server before its certificate has been checked against its name and `ca_file`, or if that is
     * empty, against those that this machine trusts. */
    const char *urls;
    const char *ca_file;
    int replicas;   /* of each stream, at least; none is ever taken away */
    bool in_memory; /* streams may be kept in memory, and are so made; else one that is, is refused
                     */
};

/* Also OK if no server answers, after it was tried for some seconds: it keeps connecting until the
 * bus is closed, and meanwhile every call is UNAVAILABLE; `reason` then tells why, else it is
 * empty. INVALID: waiting will not mend it, and `reason` has the hosts and the server's words: a
 * wrong password, a stream that is refused; an empty reason: the URLs are none. */
MUST_CHECK enum status bus_nats_open(const struct bus_nats_options *options, struct bus **bus,
                                     char reason[REASON_MAX + 1]);

#endif
