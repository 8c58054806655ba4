/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache: Redis 7 or later, through hiredis. One for each thread. It connects at the first call,
 * and again after a failure, but not for a second: until then every call fails at once, so that a
 * Redis that is gone costs nothing. Behind Sentinels, each connection begins with asking one of
 * them for the master.
 */
#ifndef ECS_ADAPTERS_CACHE_REDIS_H
#define ECS_ADAPTERS_CACHE_REDIS_H

#include "limits.h"
#include "ports/cache.h"

/* redis://[[user]:password@]host[:port][/database], or
 * redis+sentinel://[[user]:password@]host[:port],…/MASTER[/database], where Sentinels and servers
 * take the same user and password; an IPv6 host in brackets; user and password
 * percent-encoded where needed. With rediss, all is over TLS: nothing is told to a server whose
 * certificate does not hold for its name and `ca_file`, or if that is empty, for those that this
 * machine trusts. A call blocks `budget_us` at most, connecting included, but for the look-up of a
 * name. INVALID: the URL or the file is unusable. */
MUST_CHECK enum status cache_redis_open(const char *url, const char *ca_file, int64_t budget_us,
                                        struct cache **cache);

/* Connects once and asks for a PING, within a second. `reason` has host, port and Redis's own
 * words. UNAVAILABLE: waiting may mend it. INVALID: it will not, as with a wrong password or no
 * such database. */
MUST_CHECK enum status cache_redis_check(const char *url, const char *ca_file,
                                         char reason[REASON_MAX + 1]);

#endif
