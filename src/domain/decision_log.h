/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision log: each decision of a person carries a hash of all that it is and of the hash
 * before it, so that an entry that was altered, put in or taken out breaks the chain. One chain
 * for each person: a person's data can be erased without harm to anybody else's chain.
 *
 * A chain that is rewritten as a whole is sound in itself. So the log of heads keeps what the end
 * of each chain ever was, one row for each decision, chained as well: in LOG_SHARDS chains by the
 * person's id, for one alone would make all decisions wait for each other.
 */
#ifndef ECS_DOMAIN_DECISION_LOG_H
#define ECS_DOMAIN_DECISION_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "domain/decision.h"

/* The hash of an entry: BLAKE2b of 16 bytes over `decision_log_entry_text`, with
 * `decision->previous` and `decision->evidence` in it. */
struct hash decision_log_entry(const struct decision *decision);

enum { DECISION_ENTRY_TEXT_MAX = 2048 };
/* What is hashed: one "name value" line for each fact, in a fixed order. Returns its length. */
size_t decision_log_entry_text(const struct decision *decision, char text[DECISION_ENTRY_TEXT_MAX]);

/* What is kept of a chain beside the log: how many entries it has, and which is its last. */
struct chain_head {
    int64_t count;
    struct hash entry;
};

enum {
    LOG_SHARDS = 64,
    LOG_ADOPTED = 64,  /* heads of before the log of heads: without seals */
    LOG_UNLINKED = 65, /* its position tells how many decisions are from before the log */
    LOG_SHARDS_ALL
};

int decision_log_shard(const struct uuid *user_id);
/* The seal of a row of a shard: BLAKE2b of 16 bytes over the lines "previous", "user_id", "count"
 * and "entry", where `previous` is the seal of the row before, zero for the first. */
struct hash decision_log_seal(const struct hash *previous, const struct uuid *user_id,
                              const struct chain_head *head);

/* A walk over a log, person by person, each chain from its first entry on. */
struct chain_walk {
    bool started;
    int64_t unlinked; /* decisions without an entry that may still come; set before the first */
    struct uuid user_id;
    int64_t logged;    /* the last entry that the log of heads has; 0: none yet */
    int64_t count;     /* of this person's entries so far, those without a link left out */
    struct hash entry; /* of the last one; zero: none yet */
    struct chain_head head;
};

enum chain_fault {
    CHAIN_SOUND,
    CHAIN_ALTERED,   /* this entry is not what was recorded */
    CHAIN_BROKEN,    /* entries before this one are missing, or were put in */
    CHAIN_UNLINKED,  /* this one has no entry, and is not from before there was a log */
    CHAIN_FORGED,    /* the log of heads has no such entry here */
    CHAIN_CUT_SHORT, /* the last entries of the person before are missing */
    CHAIN_UNLOGGED   /* the log of heads does not have the last entry of the person before */
};

/* Looks at the next decision of the log. `head` is what is kept of its chain, `logged` the count
 * under which the log of heads has its entry, or 0. `ended` tells of the person whose chain ended
 * before it: SOUND, CUT_SHORT or UNLOGGED; `fault` of this decision itself. */
void chain_walk_step(struct chain_walk *walk, const struct decision *decision,
                     const struct chain_head *head, int64_t logged, enum chain_fault *ended,
                     enum chain_fault *fault);
/* After the last decision. */
enum chain_fault chain_walk_end(const struct chain_walk *walk);

#endif
