/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: a memo that may forget everything at any moment. Nothing true is kept in it alone, so
 * every caller treats STATUS_UNAVAILABLE like a miss. Adapters: cache_memory (bounded map in this
 * process), cache_redis. A handle is used by one thread at a time.
 */
#ifndef ECS_PORTS_CACHE_H
#define ECS_PORTS_CACHE_H

#include <assert.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/slice.h"
#include "base/status.h"

struct cache;

/* One of many keys. */
struct cache_item {
    const char *key;
    struct buf *found;  /* what cache_get_many appends to */
    struct slice value; /* what cache_set_many stores */
    enum status status; /* what became of it */
};

struct cache_ops {
    const char *name;
    void (*get)(struct cache *cache, struct cache_item items[], size_t count);
    void (*set)(struct cache *cache, struct cache_item items[], size_t count, int64_t life_us);
    enum status (*remove)(struct cache *cache, const char *const keys[], size_t count);
    enum status (*increment)(struct cache *cache, const char *key, int64_t by, int64_t life_us,
                             int64_t *total);
    enum status (*ping)(struct cache *cache);
    void (*close)(struct cache *cache);
};

struct cache {
    const struct cache_ops *ops;
};

/* Looks for each key; one round trip for all, which blocks CACHE_BUDGET_US at most. The status of
 * an item is then NOT_FOUND on a miss; UNAVAILABLE if the cache cannot be asked or holds something
 * that is not bytes under the key. */
static inline void cache_get_many(struct cache *cache, struct cache_item items[], size_t count)
{
    if (count > 0)
        cache->ops->get(cache, items, count);
}

/* The same for one key. */
MUST_CHECK static inline enum status cache_get(struct cache *cache, const char *key,
                                               struct buf *value)
{
    struct cache_item item = {.key = key, .found = value};
    cache_get_many(cache, &item, 1);
    return item.status;
}

/* Keeps each value for `life_us` at most; one round trip for all. */
static inline void cache_set_many(struct cache *cache, struct cache_item items[], size_t count,
                                  int64_t life_us)
{
    assert(life_us > 0);
    if (count > 0)
        cache->ops->set(cache, items, count, life_us);
}

MUST_CHECK static inline enum status cache_set(struct cache *cache, const char *key,
                                               struct slice value, int64_t life_us)
{
    struct cache_item item = {.key = key, .value = value};
    cache_set_many(cache, &item, 1, life_us);
    return item.status;
}

/* Forgets the keys; one round trip for all. A key that is not there is no error. */
MUST_CHECK static inline enum status cache_remove(struct cache *cache, const char *const keys[],
                                                  size_t count)
{
    return cache->ops->remove(cache, keys, count);
}

/* Adds to a counter, which starts at 0 and ends `life_us` after it started. cache_get gives its
 * total as text. UNAVAILABLE if the key holds something else. */
MUST_CHECK static inline enum status cache_increment(struct cache *cache, const char *key,
                                                     int64_t by, int64_t life_us, int64_t *total)
{
    assert(life_us > 0);
    return cache->ops->increment(cache, key, by, life_us, total);
}

MUST_CHECK static inline enum status cache_ping(struct cache *cache)
{
    return cache->ops->ping(cache);
}

static inline void cache_close(struct cache *cache)
{
    cache->ops->close(cache);
}

#endif
