/* SPDX-License-Identifier: Apache-2.0
 *
 * One payment of a person, and the daily tile that many are folded into.
 */
#ifndef ECS_DOMAIN_TRANSACTION_H
#define ECS_DOMAIN_TRANSACTION_H

#include <stdint.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "limits.h"

enum transaction_direction { TRANSACTION_OUT, TRANSACTION_IN };

/* Who says that it happened. */
enum transaction_source {
    SOURCE_UNSAID,
    SOURCE_CORE, /* the bank's own systems */
    SOURCE_SELF  /* the person */
};

struct transaction_event {
    struct hash key;
    struct hash content;
    struct uuid user_id;
    int64_t occurred_at_us;
    int64_t received_at_us; /* when the bus stored it */
    int64_t amount_cents;   /* 1 to AMOUNT_CENTS_MAX */
    enum transaction_direction direction;
    enum transaction_source source;     /* never UNSAID */
    char currency[CURRENCY_LENGTH + 1]; /* ISO 4217; empty if not given */
    char category[CATEGORY_MAX + 1];
    char transaction_id[EVENT_ID_MAX + 1]; /* empty if the client gave none */
    char trace_id[TRACE_ID_MAX + 1];
};

/* All transactions of one person on one day, UTC. Mergeable in any order, as emotion tiles are. */
struct transaction_tile {
    int64_t day_us; /* start of the day */
    int64_t count;
    int64_t sum_cents;
    int64_t square_sum; /* of amounts rounded to whole units, each capped at 1,000,000 so that it
                           fits */
    int64_t min_cents;
    int64_t max_cents;
    int64_t in_count;
    int64_t in_sum_cents;
};

int64_t transaction_day_us(int64_t occurred_at_us);
struct transaction_tile transaction_tile_of(const struct transaction_event *event);
/* Adds `from` to `into`, which may have no transactions yet; `into` keeps its own day. */
void transaction_tile_merge(struct transaction_tile *into, const struct transaction_tile *from);

#endif
