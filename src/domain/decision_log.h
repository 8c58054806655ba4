/* SPDX-License-Identifier: Apache-2.0
 *
 * The decision log: each decision of a person carries a hash of all that it is and of the hash
 * before it, so that an entry that was altered, put in or taken out breaks the chain. One chain
 * for each person: decisions of different people never wait for each other, and a person's data
 * can be erased without harm to anybody else's chain.
 */
#ifndef ECS_DOMAIN_DECISION_LOG_H
#define ECS_DOMAIN_DECISION_LOG_H

#include "base/hash.h"
#include "domain/decision.h"

/* The hash of an entry: BLAKE2b of 16 bytes over `decision_entry_text`, with `decision->previous`
 * and `decision->evidence` in it. */
struct hash decision_entry(const struct decision *decision);

enum { DECISION_ENTRY_TEXT_MAX = 2048 };
/* What is hashed: one "name value" line for each fact, in a fixed order. Returns its length. */
size_t decision_entry_text(const struct decision *decision, char text[DECISION_ENTRY_TEXT_MAX]);

#endif
