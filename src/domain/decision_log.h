/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision log: each decision of a person carries a hash of all that it is and of the hash
 * before it, so that an entry that was altered, put in or taken out breaks the chain. One chain
 * for each person: decisions of different people never wait for each other, and a person's data
 * can be erased without harm to anybody else's chain.
 */
#ifndef ECS_DOMAIN_DECISION_LOG_H
#define ECS_DOMAIN_DECISION_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "domain/decision.h"

/* The hash of an entry: BLAKE2b of 16 bytes over `decision_entry_text`, with `decision->previous`
 * and `decision->evidence` in it. */
struct hash decision_entry(const struct decision *decision);

enum { DECISION_ENTRY_TEXT_MAX = 2048 };
/* What is hashed: one "name value" line for each fact, in a fixed order. Returns its length. */
size_t decision_entry_text(const struct decision *decision, char text[DECISION_ENTRY_TEXT_MAX]);

/* What is kept of a chain beside the log: how many entries it has, and which is its last. */
struct chain_head {
    int64_t count;
    struct hash entry;
};

/* A walk over a log, person by person, each chain from its first entry on. */
struct chain_walk {
    bool started;
    struct uuid user_id;
    int64_t count;     /* of this person's entries so far, those without a link left out */
    struct hash entry; /* of the last one; zero: none yet */
    struct chain_head head;
};

enum chain_fault {
    CHAIN_SOUND,
    CHAIN_ALTERED,  /* this entry is not what was recorded */
    CHAIN_BROKEN,   /* entries before this one are missing, or were put in */
    CHAIN_CUT_SHORT /* the last entries of the person before are missing */
};

/* Looks at the next decision of the log. `ended` tells of the person whose chain ended before it:
 * SOUND or CUT_SHORT; `fault` of this decision itself. */
void chain_step(struct chain_walk *walk, const struct decision *decision,
                const struct chain_head *head, enum chain_fault *ended, enum chain_fault *fault);
/* After the last decision. */
enum chain_fault chain_end(const struct chain_walk *walk);

#endif
