/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: the log of decisions and the log of heads (domain/decision_log.h), read in pages by
 * those who prove decisions, make them again or weigh a policy; and the policies that decided.
 */
#ifndef ECS_STORE_LOG_H
#define ECS_STORE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"
#include "domain/backtest.h"
#include "domain/decision.h"
#include "domain/decision_log.h"
#include "domain/policy.h"
#include "domain/user.h"

struct store;

/* A place in the decision log: persons in the order of their ids, the decisions of each in the
 * order in which they were recorded. Zero: before the first. */
struct log_place {
    struct uuid user_id;
    int64_t position;
};

struct logged_decision {
    int64_t position;
    struct chain_head head; /* of the person's chain */
    int64_t logged;   /* the count under which the log of heads has its entry; 0: it has not */
    bool policy_kept; /* the text of its policy is at hand */
    struct decision decision;
};

/* A row of the log of heads. */
struct log_head {
    int64_t position;
    struct uuid user_id;
    struct chain_head head;
    struct hash seal;
    bool found; /* there is a decision of that person with that entry */
    bool erased;
    int64_t erased_at_us;
};

/* The end of one of its shards. */
struct log_shard {
    int64_t shard;
    int64_t position;
    struct hash seal;
};

/* A person and their address. */
struct addressee {
    struct uuid id;
    char email[EMAIL_MAX + 1];
    bool decided;     /* somebody about whom there is a decision in the log */
    struct hash last; /* its entry; of the last one, if there are several */
};

/* How far a table reaches, to be read as it lies: each row is at a place of 0 or above and below
 * `end`, several perhaps at the same. Rows that are added later may be at places below `end`. */
struct extent {
    int64_t end;
    int64_t step; /* how much of it one scan should take: some thousand rows */
};

/* What an approval offered. */
struct granted {
    struct uuid decision_id;
    int64_t limit_cents;
    int32_t rate_bp;
    char credit_type[CREDIT_TYPE_MAX + 1];
};

/* Called for each row that a scan finds; may not use the store. */
typedef void verdict_taker(const struct verdict *verdict, void *context);
typedef void granted_taker(const struct granted *granted, void *context);

/* Up to `max` entries behind `after`, decided at or after `since_us`; none: that was all. */
MUST_CHECK enum status store_decisions_scan(struct store *store, const struct log_place *after,
                                            int64_t since_us, struct logged_decision out[],
                                            size_t max, size_t *count);
/* The end of each shard of the log of heads, as it is now. */
MUST_CHECK enum status store_log_shards(struct store *store, struct log_shard out[LOG_SHARDS_ALL],
                                        size_t *count);
/* Up to `max` rows of a shard behind position `after`; none: that was all. */
MUST_CHECK enum status store_log_scan(struct store *store, int64_t shard, int64_t after,
                                      struct log_head out[], size_t max, size_t *count);
/* The kept policy behind `hash`, in the order of hashes. NOT_FOUND: that was all. */
MUST_CHECK enum status store_policy_next(struct store *store, struct hash *hash,
                                         char text[POLICY_BYTES_MAX + 1]);
/* Keeps the text of a policy that is about to decide, for whoever decides again; once for each. */
MUST_CHECK enum status store_policy_keep(struct store *store, const struct hash *hash,
                                         const char *text, int64_t now_us);
/* NOT_FOUND if none of that hash has decided. */
MUST_CHECK enum status store_policy_read(struct store *store, const struct hash *hash,
                                         char text[POLICY_BYTES_MAX + 1]);
/* How far decisions and offers reach, for the next two. */
MUST_CHECK enum status store_verdicts_extent(struct store *store, struct extent *decisions,
                                             struct extent *offers);
/* What was decided at or after `since_us`, as it lies from place `from` on and below `to`, in any
 * order: the way to read millions. `verdict` has no limit, rate and credit type: these are the
 * offer's. */
MUST_CHECK enum status store_verdicts_scan(struct store *store, int64_t from, int64_t to,
                                           int64_t since_us, verdict_taker *take, void *context);
/* The offers at these places, whatever became of them. One that is accepted or expires meanwhile
 * may move, and then be found twice or not at all: store_decision_read has it. */
MUST_CHECK enum status store_granted_scan(struct store *store, int64_t from, int64_t to,
                                          granted_taker *take, void *context);
/* Up to `max` people, by id, from behind `after` on; none: that was all. */
MUST_CHECK enum status store_addressees_scan(struct store *store, const struct uuid *after,
                                             struct addressee out[], size_t max, size_t *count);

#endif
