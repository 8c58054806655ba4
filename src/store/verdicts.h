/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: decisions, offers and people read by the million, as they lie.
 */
#ifndef ECS_STORE_VERDICTS_H
#define ECS_STORE_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/status.h"
#include "base/uuid.h"
#include "domain/backtest.h"
#include "domain/decision.h"
#include "domain/user.h"

struct store;

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
