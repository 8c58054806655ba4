/* SPDX-License-Identifier: Apache-2.0
 *
 * What passes through the port of the database (ports/store.h) beside the values of the domain:
 * first what requests and events need, then what those need who prove and tidy its records.
 */
#ifndef ECS_PORTS_STORE_RECORDS_H
#define ECS_PORTS_STORE_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hash.h"
#include "base/uuid.h"
#include "domain/decision.h"
#include "domain/decision_log.h"
#include "domain/event.h"
#include "domain/retention.h"
#include "domain/user.h"

/* A refresh token is kept as a hash. All tokens born of one login are a family: a token used
 * twice was stolen, and ends its family. */
struct refresh_token {
    struct hash token;
    struct uuid family;
    struct uuid user_id;
    int64_t expires_at_us;
    struct hash place;  /* of the login, keyed: to know it again, not to be read */
    int64_t generation; /* of the person, when the token was given out */
};

/* A person who logged out: tokens of generations before this one are revoked. */
struct revocation {
    struct uuid user_id;
    int64_t generation;
    int64_t change; /* grows with every logout of anybody, as far as store_revocations_mark says */
};

/* What a credit analysis must know before it works. */
struct credit_state {
    int64_t features_version; /* grows with every event counted for the person */
    bool has_decision;
    struct decision last; /* the newest decision, with its offer if it made one; its features and
                             its evidence are left out */
};

/* An Idempotency-Key as it came with a request: unique for a user, and for the kind of request. It
 * is known for IDEMPOTENCY_KEY_LIFE_US. */
struct idempotency {
    const char *key;     /* NULL: none came */
    struct hash request; /* of what was asked */
};

/* An event that came with an id, before it is counted. */
struct id_check {
    struct hash key;
    struct hash content;
    bool conflicts; /* the id was counted before, with other content */
};

struct outbox_row {
    int64_t id;
    enum stream stream;
    char request_id[TRACE_ID_MAX + 1];
    char traceparent[TRACEPARENT_LENGTH + 1];
    char payload[1024]; /* JSON text */
};

/* A person and their address. */
struct addressee {
    struct uuid id;
    char email[EMAIL_MAX + 1];
    bool decided;     /* somebody about whom there is a decision in the log */
    struct hash last; /* its entry; of the last one, if there are several */
};

struct page {
    int64_t offset;
    int64_t size;
};

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
