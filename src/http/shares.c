/* SPDX-License-Identifier: Apache-2.0 */
#include "http/shares.h"

#include <assert.h>
#include <stdlib.h>

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
    struct share **at =
        &shares->buckets[(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) % SHARE_BUCKETS];
    while (*at != NULL && (*at)->key != key)
        at = &(*at)->next;
    return at;
}

enum status shares_take(struct shares *shares, uint64_t key, size_t amount, size_t key_max)
{
    enum status status = STATUS_OK;
    pthread_mutex_lock(&shares->lock);
    struct share **at = share_find(shares, key);
    size_t has = *at == NULL ? 0 : (*at)->amount;
    if (amount > key_max || has > key_max - amount)
        status = STATUS_TOO_MANY_REQUESTS;
    else if (amount > shares->all_max - shares->all)
        status = STATUS_UNAVAILABLE;
    else if (*at == NULL && (*at = calloc(1, sizeof **at)) == NULL)
        status = STATUS_UNAVAILABLE;
    if (status == STATUS_OK) {
        (*at)->key = key;
        (*at)->amount += amount;
        shares->all += amount;
    }
    pthread_mutex_unlock(&shares->lock);
    return status;
}

void shares_give(struct shares *shares, uint64_t key, size_t amount)
{
    pthread_mutex_lock(&shares->lock);
    struct share **at = share_find(shares, key), *share = *at;
    assert(share != NULL && share->amount >= amount);
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
