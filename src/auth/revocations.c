/* SPDX-License-Identifier: Apache-2.0
 *
 * Open addressing, at most half full, doubled when it would be more.
 */
#include "auth/revocations.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/splitmix.h"
#include "store/people.h"

enum { SLOTS_MIN = 1024, BATCH = 256 };

struct slot {
    struct uuid user_id;
    int64_t generation; /* 0: free */
};

struct revocations {
    pthread_rwlock_t lock;
    size_t count;
    size_t size; /* a power of two */
    struct slot *slots;
    int64_t mark; /* of the store, before which all is known; of the thread that refreshes */
};

struct revocations *revocations_create(void)
{
    struct revocations *revocations = calloc(1, sizeof *revocations);
    if (revocations == NULL)
        return NULL;
    revocations->size = SLOTS_MIN;
    revocations->slots = calloc(revocations->size, sizeof revocations->slots[0]);
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

/* Where the person is, or would be. Ids may come from elsewhere, so all their bytes are mixed. */
static struct slot *slot_of(struct slot slots[], size_t size, const struct uuid *user_id)
{
    uint64_t halves[2];
    memcpy(halves, user_id->bytes, sizeof halves);
    uint64_t at = splitmix_mix(halves[0] ^ splitmix_mix(halves[1]));
    while (slots[at & (size - 1)].generation != 0 &&
           !uuid_equal(&slots[at & (size - 1)].user_id, user_id))
        at++;
    return &slots[at & (size - 1)];
}

static enum status make_room(struct revocations *revocations)
{
    /* A free slot is always found, and by a mask. */
    assert(revocations->count <= revocations->size / 2);
    assert((revocations->size & (revocations->size - 1)) == 0);
    if (revocations->count < revocations->size / 2)
        return STATUS_OK;
    size_t size = revocations->size * 2;
    struct slot *slots = calloc(size, sizeof slots[0]);
    if (slots == NULL)
        return STATUS_UNAVAILABLE;
    for (size_t i = 0; i < revocations->size; i++)
        if (revocations->slots[i].generation != 0)
            *slot_of(slots, size, &revocations->slots[i].user_id) = revocations->slots[i];
    free(revocations->slots);
    revocations->slots = slots;
    revocations->size = size;
    return STATUS_OK;
}

enum status revocations_add(struct revocations *revocations, const struct uuid *user_id,
                            int64_t generation)
{
    pthread_rwlock_wrlock(&revocations->lock);
    enum status status = make_room(revocations);
    if (status == STATUS_OK) {
        struct slot *slot = slot_of(revocations->slots, revocations->size, user_id);
        if (slot->generation == 0)
            revocations->count++;
        assert(revocations->count <= revocations->size / 2);
        if (slot->generation < generation)
            *slot = (struct slot){*user_id, generation};
    }
    pthread_rwlock_unlock(&revocations->lock);
    return status;
}

static void forget_all(struct revocations *revocations)
{
    pthread_rwlock_wrlock(&revocations->lock);
    memset(revocations->slots, 0, revocations->size * sizeof revocations->slots[0]);
    revocations->count = 0;
    pthread_rwlock_unlock(&revocations->lock);
}

enum status revocations_refresh(struct revocations *revocations, struct store *store)
{
    struct revocation found[BATCH];
    size_t count = 0;
    int64_t mark;
    if (store_revocations_mark(store, &mark) != STATUS_OK)
        return STATUS_UNAVAILABLE;
    if (mark < revocations->mark) {
        /* An older state of the database has taken its place: what it does not know is undone. */
        forget_all(revocations);
        revocations->mark = 0;
    }
    enum status status;
    struct revocation after = {.change = revocations->mark - 1};
    do {
        status = store_revocations_read(store, &after, found, BATCH, &count);
        for (size_t i = 0; status == STATUS_OK && i < count; i++)
            status = revocations_add(revocations, &found[i].user_id, found[i].generation);
        if (status != STATUS_OK)
            return STATUS_UNAVAILABLE;
        assert(count <= BATCH);
        if (count > 0)
            after = found[count - 1];
    } while (count == BATCH);
    revocations->mark = mark;
    return STATUS_OK;
}

bool revocations_contain(const struct revocations *revocations, const struct principal *principal)
{
    /* The lock is the one part that a reader changes. */
    pthread_rwlock_t *lock = (pthread_rwlock_t *)&revocations->lock;
    pthread_rwlock_rdlock(lock);
    bool revoked = principal->token_generation <
                   slot_of(revocations->slots, revocations->size, &principal->user_id)->generation;
    pthread_rwlock_unlock(lock);
    return revoked;
}
