/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/role.h"

#include <assert.h>
#include <stdatomic.h>

void policy_source_init(struct policy_source *source)
{
    *source = (struct policy_source){0};
    pthread_mutex_init(&source->lock, NULL);
}

void policy_source_publish(struct policy_source *source, const struct policy_choice *choice)
{
    pthread_mutex_lock(&source->lock);
    source->choice = *choice;
    atomic_fetch_add(&source->version, 1);
    pthread_mutex_unlock(&source->lock);
}

const struct policy_choice *policy_source_read(struct policy_source *source,
                                               struct policy_copy *copy)
{
    if (copy->version != atomic_load(&source->version)) {
        pthread_mutex_lock(&source->lock);
        copy->choice = source->choice;
        copy->version = atomic_load(&source->version);
        pthread_mutex_unlock(&source->lock);
    }
    assert(copy->version > 0); /* a policy is published before any role runs */
    return &copy->choice;
}
