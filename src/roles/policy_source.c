/* SPDX-License-Identifier: Apache-2.0 */
#include "roles/policy_source.h"

#include <stdatomic.h>

void policy_source_init(struct policy_source *source)
{
    *source = (struct policy_source){0};
    pthread_mutex_init(&source->lock, NULL);
}

void policy_source_publish(struct policy_source *source, const struct policy *policy)
{
    pthread_mutex_lock(&source->lock);
    source->policy = *policy;
    atomic_fetch_add(&source->version, 1);
    pthread_mutex_unlock(&source->lock);
}

const struct policy *policy_source_read(struct policy_source *source, struct policy_copy *copy)
{
    if (copy->version != atomic_load(&source->version)) {
        pthread_mutex_lock(&source->lock);
        copy->policy = source->policy;
        copy->version = atomic_load(&source->version);
        pthread_mutex_unlock(&source->lock);
    }
    return &copy->policy;
}
