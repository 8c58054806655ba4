/* SPDX-License-Identifier: Apache-2.0
 *
 * The policy that decides now, and its successors: one source for all threads of a process, and a
 * copy for each, renewed when a newer policy was published. Whoever works with a copy works with
 * one policy from beginning to end.
 */
#ifndef ECS_ROLES_POLICY_SOURCE_H
#define ECS_ROLES_POLICY_SOURCE_H

#include <pthread.h>
#include <stdint.h>

#include "domain/policy.h"

struct policy_source {
    pthread_mutex_t lock;
    _Atomic uint64_t version; /* 0: none was published yet */
    struct policy_choice choice;
};

struct policy_copy {
    uint64_t version;
    struct policy_choice choice;
};

void policy_source_init(struct policy_source *source);
void policy_source_publish(struct policy_source *source, const struct policy_choice *choice);
/* The newest choice; it is the copy's, until the next read into it. */
const struct policy_choice *policy_source_read(struct policy_source *source,
                                               struct policy_copy *copy);

#endif
