/* SPDX-License-Identifier: Apache-2.0
 *
 * Nobody takes what is there for all: how much of it each client may have at once (shares), and how
 * often each may ask (rates).
 */
#ifndef ECS_HTTP_FAIRNESS_H
#define ECS_HTTP_FAIRNESS_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"
#include "ports/cache.h"

/* Who has how much of something that there is only so much of: places for connections, memory for
 * bodies. Nobody has more than their share, and all together have no more than there is. Amounts
 * are exact. Any thread. */
enum { SHARE_BUCKETS = 4096 };

struct share;

struct shares {
    pthread_mutex_t lock; /* guards what follows */
    size_t all_max;
    size_t all; /* taken */
    struct share *buckets[SHARE_BUCKETS];
};

void shares_init(struct shares *shares, size_t all_max);
void shares_destroy(struct shares *shares);
/* Takes `amount` for `key`, which may then have `key_max` of it. TOO_MANY_REQUESTS: that would be
 * more. UNAVAILABLE: there is not so much left for anybody, or no memory. */
MUST_CHECK enum status shares_take(struct shares *shares, uint64_t key, size_t amount,
                                   size_t key_max);
/* Gives back what was taken. */
void shares_give(struct shares *shares, uint64_t key, size_t amount);
/* By all together. */
size_t shares_taken(struct shares *shares);

/* Whether a request of an address or a person may pass. Counts the requests of each in each second,
 * in a fixed table of atomics: no lock, no allocation. When more addresses are active at once than
 * fit, the counts of some are lost and they pass: a limit for one address cannot stop a crowd.
 *
 * Counts are shared with other processes through the cache: rate_limit_share adds what this one
 * saw and takes over what all saw. Between two rounds each process knows only its own share, so an
 * address may pass with at most what the processes take in two rounds more. Of many active ones
 * HTTP_RATE_SHARED_MAX have their turn in one round, and the next the others. */
struct rate_limit;

/* Freed by free(). NULL: out of memory. */
struct rate_limit *rate_limit_create(int64_t per_second_max);
/* What is counted as one address: an IPv4 address, or the /64 network of an IPv6 address. */
uint64_t rate_limit_key(const struct in6_addr *address);
/* The random half of a person's id; no address has the same key. */
uint64_t rate_limit_person_key(const struct uuid *user_id);
/* Counts the request; false if it is one too many. Any thread. */
bool rate_limit_pass(struct rate_limit *limit, uint64_t key, int64_t now_us);
/* One thread at a time. */
void rate_limit_share(struct rate_limit *limit, struct cache *cache, int64_t now_us);

#endif
