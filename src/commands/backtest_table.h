/* SPDX-License-Identifier: Apache-2.0
 *
 * id → what is to be known of it, for as many as there are: a hash table that only grows, of 32
 * bytes for each place. One thread writes it; any number may read it then.
 */
#ifndef ECS_COMMANDS_BACKTEST_TABLE_H
#define ECS_COMMANDS_BACKTEST_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/uuid.h"

struct backtest_entry {
    struct uuid id;
    int64_t limit_cents; /* of an offer, known by its decision; so are the next two */
    int32_t rate_bp;
    int16_t band;  /* of the candidate, with the same credit type; -1: none has it */
    uint8_t group; /* of a person */
    bool used;
};

/* Zeroed is empty. */
struct backtest_table {
    struct backtest_entry *entries; /* owned */
    size_t capacity;                /* a power of two, or 0 */
    size_t count;
};

/* Replaces what is there of the same id. UNAVAILABLE: memory is out. */
MUST_CHECK enum status backtest_table_put(struct backtest_table *table,
                                          const struct backtest_entry *entry);
/* NULL if it is not there. */
const struct backtest_entry *backtest_table_find(const struct backtest_table *table,
                                                 const struct uuid *id);
void backtest_table_free(struct backtest_table *table);

#endif
