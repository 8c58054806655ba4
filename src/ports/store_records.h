/* SPDX-License-Identifier: Apache-2.0
 *
 * What the store (ports/store.h) tells of its records to those who prove and tidy them: the
 * decision log with the log of heads, what a sweep did, and people who were deleted.
 */
#ifndef ECS_PORTS_STORE_RECORDS_H
#define ECS_PORTS_STORE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "domain/decision.h"
#include "domain/decision_log.h"
#include "domain/retention.h"

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

/* Somebody who was deleted, and how far the dead letters were looked through for them. */
struct gone_person {
    struct uuid user_id;
    int64_t letters_to; /* a sequence; 0: not at all yet */
};

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

#endif
