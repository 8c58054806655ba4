/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision_log.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

static int offer_text(const struct decision *decision, char *text, size_t size)
{
    char id[UUID_TEXT_SIZE];
    const struct offer *offer = &decision->offer;
    if (!decision->has_offer)
        return snprintf(text, size, "offer none\n");
    uuid_format(&offer->id, id);
    return snprintf(text, size,
                    "offer %s\nlimit_cents %" PRId64 "\nrate_bp %" PRId32 "\ncredit_type %s\n"
                    "created_at_us %" PRId64 "\nexpires_at_us %" PRId64 "\n",
                    id, offer->limit_cents, offer->rate_bp, offer->credit_type,
                    offer->created_at_us, offer->expires_at_us);
}

size_t decision_log_entry_text(const struct decision *decision, char text[DECISION_ENTRY_TEXT_MAX])
{
    char id[UUID_TEXT_SIZE], user_id[UUID_TEXT_SIZE], policy[HASH_TEXT_SIZE];
    char inputs[HASH_TEXT_SIZE], evidence[HASH_TEXT_SIZE], previous[HASH_TEXT_SIZE];
    uuid_format(&decision->id, id);
    uuid_format(&decision->user_id, user_id);
    hash_format(&decision->policy, policy);
    hash_format(&decision->inputs, inputs);
    hash_format(&decision->evidence, evidence);
    hash_format(&decision->previous, previous);
    int length =
        snprintf(text, DECISION_ENTRY_TEXT_MAX,
                 "previous %s\nid %s\nuser_id %s\ndecided_at_us %" PRId64
                 "\napproved %d\nrisk %" PRId32 "\nrisk_full %" PRId32 "\nrisk_financial %" PRId32
                 "\nbasis %s\nemotions_known %d\nreason %s\n"
                 "features_version %" PRId64 "\nmodel %s\npolicy %s\ninputs %s\nevidence %s\n",
                 previous, id, user_id, decision->decided_at_us, decision->approved, decision->risk,
                 decision->risk_full, decision->risk_financial, risk_basis_name(decision->basis),
                 decision->emotions_known, decision->reason, decision->features_version,
                 decision->model, policy, inputs, evidence);
    assert(length > 0 && length < DECISION_ENTRY_TEXT_MAX);
    length += offer_text(decision, text + length, DECISION_ENTRY_TEXT_MAX - (size_t)length);
    assert(length < DECISION_ENTRY_TEXT_MAX); /* all of it is hashed */
    return (size_t)length;
}

struct hash decision_log_entry(const struct decision *decision)
{
    char text[DECISION_ENTRY_TEXT_MAX];
    struct slice whole = {text, decision_log_entry_text(decision, text)};
    return hash_of(&whole, 1);
}

int decision_log_shard(const struct uuid *user_id)
{
    return user_id->bytes[sizeof user_id->bytes - 1] % LOG_SHARDS;
}

struct hash decision_log_seal(const struct hash *previous, const struct uuid *user_id,
                              const struct chain_head *head)
{
    char text[256], before[HASH_TEXT_SIZE], id[UUID_TEXT_SIZE], entry[HASH_TEXT_SIZE];
    hash_format(previous, before);
    uuid_format(user_id, id);
    hash_format(&head->entry, entry);
    int size = snprintf(text, sizeof text, "previous %s\nuser_id %s\ncount %" PRId64 "\nentry %s\n",
                        before, id, head->count, entry);
    assert(size > 0 && (size_t)size < sizeof text);
    return hash_of(&(struct slice){text, (size_t)size}, 1);
}

enum chain_fault chain_walk_end(const struct chain_walk *walk)
{
    if (!walk->started || (walk->count == 0 && walk->head.count == 0))
        return CHAIN_SOUND;
    if (walk->count != walk->head.count || hash_compare(&walk->entry, &walk->head.entry) != 0)
        return CHAIN_CUT_SHORT;
    return walk->logged == walk->count ? CHAIN_SOUND : CHAIN_UNLOGGED;
}

/* Decisions from before there was a log come first, are so many and no more, and are no part of the
 * chain. */
static bool is_unlinked(struct chain_walk *walk, const struct decision *decision,
                        enum chain_fault *fault)
{
    static const struct hash none;
    if (walk->count > 0 || hash_compare(&decision->entry, &none) != 0)
        return false;
    *fault = walk->unlinked-- > 0 ? CHAIN_SOUND : CHAIN_UNLINKED;
    return true;
}

/* Chains of before the log of heads are in it from their last entry then on: what comes before that
 * is proven by the chain itself. */
static bool is_in_its_place(const struct chain_walk *walk, int64_t logged)
{
    return logged == walk->count || (logged == 0 && walk->logged == 0);
}

void chain_walk_step(struct chain_walk *walk, const struct decision *decision,
                     const struct chain_head *head, int64_t logged, enum chain_fault *ended,
                     enum chain_fault *fault)
{
    *ended = *fault = CHAIN_SOUND;
    if (!walk->started || !uuid_equal(&walk->user_id, &decision->user_id)) {
        *ended = chain_walk_end(walk);
        *walk = (struct chain_walk){
            .started = true, .unlinked = walk->unlinked, .user_id = decision->user_id};
    }
    walk->head = *head; /* the chain may grow during the walk: beside its last entry it is whole */
    if (is_unlinked(walk, decision, fault))
        return;
    struct hash entry = decision_log_entry(decision);
    walk->count++;
    assert(walk->started && uuid_equal(&walk->user_id, &decision->user_id));
    if (hash_compare(&entry, &decision->entry) != 0)
        *fault = CHAIN_ALTERED;
    else if (hash_compare(&decision->previous, &walk->entry) != 0)
        *fault = CHAIN_BROKEN;
    else if (!is_in_its_place(walk, logged))
        *fault = CHAIN_FORGED;
    if (*fault == CHAIN_BROKEN && logged > walk->count)
        walk->count = logged; /* those missing are told once */
    walk->entry = decision->entry;
    walk->logged = logged;
}
