/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing, at most half full. Token ids are random, so their first bytes are the hash.
 * When the set is full, the tokens that have ended are forgotten; if that frees nothing, the one
 * that ends first is: whoever revokes REVOCATIONS_MAX tokens at once still has the rest.
 */
#include "auth/revocations.h"

#include <pthread.h>
#include <stdlib.h>

#include "limits.h"

enum { SLOTS = 2 * REVOCATIONS_MAX };

struct revocation {
    struct uuid token_id;
    int64_t expires_at_us; /* 0: free */
};

struct revocations {
    pthread_rwlock_t lock;
    size_t count;
    struct revocation *slots;
};

struct revocations *revocations_create(void)
{
    struct revocations *revocations = calloc(1, sizeof *revocations);
    if (revocations == NULL)
        return NULL;
    revocations->slots = calloc(SLOTS, sizeof revocations->slots[0]);
    if (revocations->slots == NULL) {
        free(revocations);
        return NULL;
    }
    pthread_rwlock_init(&revocations->lock, NULL);
    return revocations;
}

void revocations_destroy(struct revocations *revocations)
{
    if (revocations == NULL)
        return;
    pthread_rwlock_destroy(&revocations->lock);
    free(revocations->slots);
    free(revocations);
}

/* Where the token is, or would be. */
static struct revocation *slot_of(struct revocation slots[], const struct uuid *token_id)
{
    /* The last bytes: the first ones of a time-ordered UUID are its time. */
    uint64_t at;
    memcpy(&at, token_id->bytes + 8, sizeof at);
    while (slots[at % SLOTS].expires_at_us != 0 &&
           !uuid_equal(&slots[at % SLOTS].token_id, token_id))
        at++;
    return &slots[at % SLOTS];
}

/* Keeps what ends after `until_us`, in new slots. Without memory nothing changes. */
static void forget(struct revocations *revocations, int64_t until_us)
{
    struct revocation *kept = calloc(SLOTS, sizeof kept[0]);
    if (kept == NULL)
        return;
    revocations->count = 0;
    for (size_t i = 0; i < SLOTS; i++) {
        const struct revocation *old = &revocations->slots[i];
        if (old->expires_at_us > until_us) {
            *slot_of(kept, &old->token_id) = *old;
            revocations->count++;
        }
    }
    free(revocations->slots);
    revocations->slots = kept;
}

static int64_t earliest_end_us(const struct revocations *revocations)
{
    int64_t earliest_us = INT64_MAX;
    for (size_t i = 0; i < SLOTS; i++) {
        int64_t end_us = revocations->slots[i].expires_at_us;
        if (end_us != 0 && end_us < earliest_us)
            earliest_us = end_us;
    }
    return earliest_us;
}

void revocations_add(struct revocations *revocations, const struct uuid *token_id,
                     int64_t expires_at_us, int64_t now_us)
{
    if (expires_at_us <= now_us)
        return;
    pthread_rwlock_wrlock(&revocations->lock);
    if (revocations->count >= REVOCATIONS_MAX)
        forget(revocations, now_us);
    if (revocations->count >= REVOCATIONS_MAX)
        forget(revocations, earliest_end_us(revocations));
    struct revocation *slot = slot_of(revocations->slots, token_id);
    if (slot->expires_at_us != 0) {
        slot->expires_at_us = expires_at_us;
    } else if (revocations->count < SLOTS - 1) {
        *slot = (struct revocation){*token_id, expires_at_us};
        revocations->count++;
    }
    pthread_rwlock_unlock(&revocations->lock);
}

bool revocations_contain(const struct revocations *revocations, const struct uuid *token_id)
{
    /* The lock is the one part that a reader changes. */
    pthread_rwlock_t *lock = (pthread_rwlock_t *)&revocations->lock;
    pthread_rwlock_rdlock(lock);
    bool found = slot_of(revocations->slots, token_id)->expires_at_us != 0;
    pthread_rwlock_unlock(lock);
    return found;
}
