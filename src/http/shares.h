/* SPDX-License-Identifier: Apache-2.0
 *
 * Who has how much of something that there is only so much of: places for connections, memory for
 * bodies. Nobody has more than their share, and all together have no more than there is. Amounts
 * are exact. Any thread.
 */
#ifndef ECS_HTTP_SHARES_H
#define ECS_HTTP_SHARES_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

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

#endif
