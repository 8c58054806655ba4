/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache: a bounded map in this process. When it is full, what was used least recently goes.
 * Unlike other caches, one instance is shared by all threads: it locks itself.
 */
#ifndef ECS_ADAPTERS_CACHE_MEMORY_H
#define ECS_ADAPTERS_CACHE_MEMORY_H

#include "ports/cache.h"
#include "ports/clock.h"

/* `bytes_max` counts keys, values and their bookkeeping. UNAVAILABLE: out of memory. */
MUST_CHECK enum status cache_memory_open(size_t bytes_max, struct clock *clock,
                                         struct cache **cache);

#endif
