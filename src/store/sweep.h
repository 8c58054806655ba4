/* SPDX-License-Identifier: Apache-2.0
 *
 * The store: what has outlived its use.
 */
#ifndef ECS_STORE_SWEEP_H
#define ECS_STORE_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "domain/retention.h"

struct store;

/* What a sweep removes. */
enum swept {
    SWEPT_EMOTIONS,
    SWEPT_TRANSACTIONS,
    SWEPT_KEYS,
    SWEPT_DECISION_KEYS,   /* Idempotency-Keys of analyses */
    SWEPT_SUBMISSION_KEYS, /* and of events */
    SWEPT_REFRESH_TOKENS,
    SWEPT_LOGIN_FAILURES,
    SWEPT_COUNT
};

/* What became of one. */
struct sweep {
    enum retention_answer answer;
    int64_t skew_us; /* the process's clock is ahead of the database's by it; SKEWED if too much */
    int64_t jump_us; /* the database's is ahead of the last sweep's by it; JUMPED if too much */
    int64_t removed[SWEPT_COUNT]; /* rows; of raw rows in PostgreSQL, months */
    bool held_back;               /* more is due than one sweep may remove */
};

/* Housekeeping, once an hour for all processes: drops raw events older than `raw_life_us`, event
 * keys older than EVENT_KEY_LIFE_US, Idempotency-Keys older than IDEMPOTENCY_KEY_LIFE_US, tokens
 * that have expired and failed logins that are forgotten, of each at most SWEEP_SHARE_PERCENT of
 * the rows or one month. It goes by the database's time, or where it has no clock, by `now_us`.
 * `machine_us` is clock_machine_us; if both cannot be believed nothing is removed: see
 * `sweep->answer`. */
MUST_CHECK enum status store_sweep(struct store *store, int64_t now_us, int64_t machine_us,
                                   int64_t raw_life_us, struct sweep *sweep);
/* offered → expired for all whose time is over by the database's clock, or where it has none, at
 * `now_us`; for none while that and the machine's clock cannot both be believed (store_sweep). */
MUST_CHECK enum status store_offers_expire(struct store *store, int64_t now_us, int64_t machine_us,
                                           int64_t *expired);

#endif
