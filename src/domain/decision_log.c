/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/decision_log.h"

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

size_t decision_entry_text(const struct decision *decision, char text[DECISION_ENTRY_TEXT_MAX])
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
                 decision->risk_full, decision->risk_financial, basis_name(decision->basis),
                 decision->emotions_known, decision->reason, decision->features_version,
                 decision->model, policy, inputs, evidence);
    length += offer_text(decision, text + length, DECISION_ENTRY_TEXT_MAX - (size_t)length);
    return (size_t)length;
}

struct hash decision_entry(const struct decision *decision)
{
    char text[DECISION_ENTRY_TEXT_MAX];
    struct slice whole = {text, decision_entry_text(decision, text)};
    return hash_of(&whole, 1);
}

enum chain_fault chain_end(const struct chain_walk *walk)
{
    if (!walk->started ||
        (walk->count == walk->head.count &&
         (walk->count == 0 || hash_compare(&walk->entry, &walk->head.entry) == 0)))
        return CHAIN_SOUND;
    return CHAIN_CUT_SHORT;
}

/* Decisions from before there was a log come first, and are no part of the chain. */
static bool is_linked(const struct chain_walk *walk, const struct decision *decision)
{
    static const struct hash none;
    return walk->count > 0 || hash_compare(&decision->entry, &none) != 0;
}

void chain_step(struct chain_walk *walk, const struct decision *decision,
                const struct chain_head *head, enum chain_fault *ended, enum chain_fault *fault)
{
    *ended = *fault = CHAIN_SOUND;
    if (!walk->started || !uuid_equal(&walk->user_id, &decision->user_id)) {
        *ended = chain_end(walk);
        *walk = (struct chain_walk){.started = true, .user_id = decision->user_id};
    }
    walk->head =
        *head; /* a chain may grow during the walk: its head is that beside the last entry */
    if (!is_linked(walk, decision))
        return;
    struct hash entry = decision_entry(decision);
    if (hash_compare(&entry, &decision->entry) != 0)
        *fault = CHAIN_ALTERED;
    else if (hash_compare(&decision->previous, &walk->entry) != 0)
        *fault = CHAIN_BROKEN;
    walk->count++;
    walk->entry = decision->entry;
}
