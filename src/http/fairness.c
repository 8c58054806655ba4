/* SPDX-License-Identifier: Apache-2.0
 *
 * Shares are kept in a hash table of lists behind a lock, and are exact.
 *
 * Rates use open addressing over PROBES neighbours. A slot belongs to the address in `key`; its
 * second and count share one word, so that both change together. A slot whose second is over is
 * free.
 */
#include "http/fairness.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/splitmix.h"
#include "limits.h"

/* One for each key that has something. */
struct share {
    struct share *next;
    uint64_t key;
    size_t amount;
};

void shares_init(struct shares *shares, size_t all_max)
{
    *shares = (struct shares){.all_max = all_max};
    pthread_mutex_init(&shares->lock, NULL);
}

void shares_destroy(struct shares *shares)
{
    for (size_t i = 0; i < SHARE_BUCKETS; i++)
        while (shares->buckets[i] != NULL) {
            struct share *next = shares->buckets[i]->next;
            free(shares->buckets[i]);
            shares->buckets[i] = next;
        }
    pthread_mutex_destroy(&shares->lock);
}

/* The pointer to the share of a key, or to the end of the list where it would stand. */
static struct share **share_find(struct shares *shares, uint64_t key)
{
    struct share **at = &shares->buckets[splitmix_mix(key) % SHARE_BUCKETS];
    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

enum status shares_take(struct shares *shares, uint64_t key, size_t amount, size_t key_max)
{
    enum status status = STATUS_OK;
    assert(amount > 0);
    pthread_mutex_lock(&shares->lock);
    assert(shares->all <= shares->all_max);
    struct share **at = share_find(shares, key);
    size_t has = *at == NULL ? 0 : (*at)->amount;
    if (amount > key_max || has > key_max - amount)
        status = STATUS_TOO_MANY_REQUESTS;
    else if (amount > shares->all_max - shares->all ||
             (*at == NULL && (*at = calloc(1, sizeof **at)) == NULL))
        status = STATUS_UNAVAILABLE;
    if (status == STATUS_OK) {
        /* NOLINTNEXTLINE(-Wanalyzer-malloc-leak): the list that *at is a link of holds it. */
        (*at)->key = key;
        (*at)->amount += amount;
        shares->all += amount;
        assert((*at)->amount <= shares->all && shares->all <= shares->all_max);
    }
    pthread_mutex_unlock(&shares->lock);
    return status;
}

void shares_give(struct shares *shares, uint64_t key, size_t amount)
{
    pthread_mutex_lock(&shares->lock);
    struct share **at = share_find(shares, key), *share = *at;
    assert(share != NULL && amount > 0 && share->amount >= amount && shares->all >= amount);
    share->amount -= amount;
    shares->all -= amount;
    if (share->amount == 0) {
        *at = share->next;
        free(share);
    }
    pthread_mutex_unlock(&shares->lock);
}

size_t shares_taken(struct shares *shares)
{
    pthread_mutex_lock(&shares->lock);
    size_t all = shares->all;
    pthread_mutex_unlock(&shares->lock);
    return all;
}

enum { PROBES = 8, SHARE_FRACTION = 64 };

struct rate_slot {
    _Atomic uint64_t key;
    _Atomic uint64_t window; /* second << 32 | requests seen by this process */
    _Atomic int64_t others;  /* requests seen by the other processes in that second */
    /* The sharing thread's own: how much of our count the cache knows, for whom and when. */
    int64_t shared;
    uint64_t shared_key;
    uint64_t shared_second;
};

struct rate_limit {
    int64_t per_second_max;
    size_t shared_next; /* where the next round of sharing begins */
    struct rate_slot slots[HTTP_RATE_ADDRESSES_MAX];
};

struct rate_limit *rate_limit_create(int64_t per_second_max)
{
    struct rate_limit *limit = calloc(1, sizeof *limit);
    assert(per_second_max >= 0);
    if (limit != NULL)
        limit->per_second_max = per_second_max;
    return limit;
}

uint64_t rate_limit_key(const struct in6_addr *address)
{
    uint64_t key = 0;
    if (!IN6_IS_ADDR_V4MAPPED(address)) {
        memcpy(&key, address->s6_addr, sizeof key);
        return key;
    }
    memcpy(&key, address->s6_addr + 12, 4);
    return key | UINT64_C(0xFFFF) << 48; /* not a network of the internet */
}

uint64_t rate_limit_person_key(const struct uuid *user_id)
{
    uint64_t key;
    memcpy(&key, user_id->bytes + sizeof user_id->bytes - sizeof key, sizeof key);
    return key;
}

/* The slot of an address: its own, else a free one, else the first neighbour's, which is lost. */
static struct rate_slot *rate_slot_find(struct rate_limit *limit, uint64_t key, uint64_t second)
{
    uint64_t start = splitmix_mix(key);
    struct rate_slot *free_slot = NULL;
    for (uint64_t i = 0; i < PROBES; i++) {
        struct rate_slot *slot = &limit->slots[(start + i) % HTTP_RATE_ADDRESSES_MAX];
        if (atomic_load_explicit(&slot->key, memory_order_relaxed) == key)
            return slot;
        uint64_t window = atomic_load_explicit(&slot->window, memory_order_relaxed);
        if (free_slot == NULL && window >> 32 != second)
            free_slot = slot;
    }
    if (free_slot == NULL)
        free_slot = &limit->slots[start % HTTP_RATE_ADDRESSES_MAX];
    atomic_store_explicit(&free_slot->window, 0, memory_order_relaxed);
    atomic_store_explicit(&free_slot->key, key, memory_order_relaxed);
    return free_slot;
}

bool rate_limit_pass(struct rate_limit *limit, uint64_t key, int64_t now_us)
{
    uint64_t second = (uint64_t)(now_us / SECOND_US) & UINT32_MAX;
    struct rate_slot *slot = rate_slot_find(limit, key, second);
    uint64_t window = atomic_load_explicit(&slot->window, memory_order_relaxed);
    uint64_t next;
    do {
        next = window >> 32 == second ? window + 1 : second << 32 | 1;
    } while (!atomic_compare_exchange_weak_explicit(&slot->window, &window, next,
                                                    memory_order_relaxed, memory_order_relaxed));
    if ((next & UINT32_MAX) == 1)
        atomic_store_explicit(&slot->others, 0, memory_order_relaxed);
    int64_t others = atomic_load_explicit(&slot->others, memory_order_relaxed);
    assert(others >= 0);
    return (int64_t)(next & UINT32_MAX) + others <= limit->per_second_max;
}

/* Adds what the cache does not know yet of one address; takes over the sum of all processes. */
static enum status rate_slot_share(struct rate_slot *slot, struct cache *cache, uint64_t second,
                                   int64_t count)
{
    assert(count > 0 && second <= UINT32_MAX);
    uint64_t key = atomic_load_explicit(&slot->key, memory_order_relaxed);
    if (slot->shared_second != second || slot->shared_key != key) {
        slot->shared_second = second;
        slot->shared_key = key;
        slot->shared = 0;
    }
    char name[64];
    snprintf(name, sizeof name, "http_rate:%016" PRIx64 ":%" PRIu64, key, second);
    int64_t total;
    enum status status = cache_increment(cache, name, count - slot->shared, 2 * SECOND_US, &total);
    if (status != STATUS_OK)
        return status;
    slot->shared = count;
    /* Whoever can write to the cache may make the limit stricter, never looser. */
    int64_t others = total > count ? total - count : 0;
    if (atomic_load_explicit(&slot->window, memory_order_relaxed) >> 32 == second)
        atomic_store_explicit(&slot->others, others, memory_order_relaxed);
    return STATUS_OK;
}

void rate_limit_share(struct rate_limit *limit, struct cache *cache, int64_t now_us)
{
    uint64_t second = (uint64_t)(now_us / SECOND_US) & UINT32_MAX;
    /* An address far from the limit here is left alone: most are, and each costs a round trip. */
    int64_t worth = limit->per_second_max / SHARE_FRACTION;
    int rounds = 0;
    size_t first = limit->shared_next;
    assert(first < HTTP_RATE_ADDRESSES_MAX);
    for (size_t i = 0; i < HTTP_RATE_ADDRESSES_MAX && rounds < HTTP_RATE_SHARED_MAX; i++) {
        limit->shared_next = (first + i + 1) % HTTP_RATE_ADDRESSES_MAX;
        struct rate_slot *slot = &limit->slots[(first + i) % HTTP_RATE_ADDRESSES_MAX];
        uint64_t window = atomic_load_explicit(&slot->window, memory_order_relaxed);
        int64_t count = (int64_t)(window & UINT32_MAX);
        if (window >> 32 != second || count == 0 || count < worth)
            continue;
        rounds++;
        if (rate_slot_share(slot, cache, second, count) != STATUS_OK)
            return;
    }
}
