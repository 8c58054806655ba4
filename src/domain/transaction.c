/* SPDX-License-Identifier: Apache-2.0 */
#include "domain/transaction.h"

#include <stdbool.h>

enum { SQUARED_UNITS_MAX = 1000000 };

int64_t transaction_day_us(int64_t occurred_at_us)
{
    return occurred_at_us - occurred_at_us % DAY_US;
}

struct transaction_tile transaction_tile_of(const struct transaction_event *event)
{
    int64_t units = (event->amount_cents + CENTS / 2) / CENTS;
    if (units > SQUARED_UNITS_MAX)
        units = SQUARED_UNITS_MAX;
    bool in = event->direction == TRANSACTION_IN;
    return (struct transaction_tile){
        .day_us = transaction_day_us(event->occurred_at_us),
        .count = 1,
        .sum_cents = event->amount_cents,
        .square_sum = units * units,
        .min_cents = event->amount_cents,
        .max_cents = event->amount_cents,
        .in_count = in ? 1 : 0,
        .in_sum_cents = in ? event->amount_cents : 0,
    };
}

void transaction_tile_merge(struct transaction_tile *into, const struct transaction_tile *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min_cents < into->min_cents)
        into->min_cents = from->min_cents;
    if (into->count == 0 || from->max_cents > into->max_cents)
        into->max_cents = from->max_cents;
    into->count += from->count;
    into->sum_cents += from->sum_cents;
    into->square_sum += from->square_sum;
    into->in_count += from->in_count;
    into->in_sum_cents += from->in_sum_cents;
}
