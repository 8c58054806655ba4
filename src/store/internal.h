/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the store, for the files of this room alone. It is written once, over sql.h;
 * dialect_sqlite.c and dialect_postgres.c hold all that differs between the engines.
 */
#ifndef ECS_STORE_INTERNAL_H
#define ECS_STORE_INTERNAL_H

#include "domain/decision.h"
#include "domain/decision_log.h"
#include "domain/offer.h"
#include "store/messages.h"
#include "store/sql.h"
#include "store/store.h"
#include "store/sweep.h"

struct store_batch;

/* The bulk statements of a batch of events; events.c says what each takes and gives. */
struct event_statements {
    const char *persons_find;
    const char *persons_lock;
    const char *keys_add;
    const char *keys_read;
    const char *keys_renew;
    const char *versions_grow;
    const char *rows_add[2]; /* by enum event_table; so is the next */
    const char *tiles_add[2];
};

/* The bulk statements of credit analyses, each person once, and of acceptances; decisions.c,
 * features.c, record.c, log.c and offers.c say what each takes and gives. */
struct analysis_statements {
    const char *states;
    const char *tiles;
    const char *persons_lock; /* of those whom nobody else holds */
    const char *offers_supersede;
    const char *offers_expire;
    const char *heads_move;
    const char *decisions_add;
    const char *offers_add;
    const char *keys_add;
    const char *offers_find;
    const char *offers_accept;
    const char *outbox_add;
    const char *shards_lock;
    const char *shards_move;
    const char *log_add;
};

/* Tables read as they lie; log.c says what each takes and gives. */
struct verdict_statements {
    const char *extent; /* the ends of both */
    int64_t step;
    const char *verdicts;
    const char *granted;
};

/* Of decisions d, $1 and $2 the places in the way of the engine. */
#define VERDICTS_SELECT(begin, end)                                                                \
    "SELECT d.user_id, d.id, d.decided_at, d.approved, d.risk, d.risk_full, d.risk_financial,"     \
    " d.emotions_known, d.entry FROM decisions d WHERE " begin " AND " end                         \
    " AND d.decided_at >= $3"
#define GRANTED_SELECT(begin, end)                                                                 \
    "SELECT d.decision_id, d.limit_cents, d.rate_bp, d.credit_type FROM offers d WHERE " begin     \
    " AND " end

/* An enum transaction_source as the column has it. */
#define SOURCE_NAME(number) " CASE " number " WHEN 2 THEN 'self' ELSE 'core' END"

/* Sessions; the engines name their transactions and their clocks differently. */
#define GENERATION_BEGIN(change)                                                                   \
    "UPDATE users SET generation = generation + 1, generation_change = " change                    \
    " WHERE id = $1 RETURNING generation"
#define ATTEMPTS_READ(age)                                                                         \
    "SELECT k.familiar, f.failures, " age " FROM (SELECT EXISTS (SELECT 1 FROM refresh_tokens"     \
    " WHERE user_id = $1 AND place = $2 AND used_at IS NULL AND expires_at > $3) AS familiar) k"   \
    " LEFT JOIN login_failures f ON f.account = $1 AND f.familiar = k.familiar AND " age " < $4"
#define ATTEMPTS_FAIL(now, age)                                                                    \
    "INSERT INTO login_failures AS f (account, familiar, failures, failed_at)"                     \
    " VALUES ($1, $2, 1, " now ") ON CONFLICT (account, familiar) DO UPDATE SET"                   \
    " failures = CASE WHEN " age " < $3 THEN f.failures + 1 ELSE 1 END,"                           \
    " failed_at = excluded.failed_at RETURNING failures"

enum event_table { TABLE_EMOTIONS, TABLE_TRANSACTIONS };

/* How rows of a table are dropped for their age. $1 is a moment: older rows go. */
struct sweep_statements {
    const char *due;    /* gives a row if there is one to drop */
    const char *count;  /* of all rows, or nearly */
    const char *remove; /* at most $2 of them; NULL: they lie in months, see months_sweep */
};
#define SWEEP_DUE(table, time) "SELECT 1 FROM " table " WHERE " time " < $1 LIMIT 1"

#define UP_TO_9 "$1, $2, $3, $4, $5, $6, $7, $8, $9"
#define UP_TO_18 UP_TO_9 ", $10, $11, $12, $13, $14, $15, $16, $17, $18"
/* What is added, from `rows`: the raw rows of events... */
#define EMOTIONS_ADD(rows)                                                                         \
    "INSERT INTO emotion_events (user_id, occurred_at, received_at, positivity, intensity,"        \
    " stress, type, event_id, trace_id, folded_at) " rows
#define TRANSACTIONS_ADD(rows)                                                                     \
    "INSERT INTO transaction_events (user_id, occurred_at, received_at, amount_cents, direction,"  \
    " currency, category, transaction_id, trace_id, source, folded_at) " rows
/* ... and tiles, which may meet one that is there; the engines name the lesser of two differently.
 */
#define EMOTION_TILES_ADD(rows, least, greatest)                                                   \
    "INSERT INTO emotion_tiles AS t (user_id, hour, event_count, stress_event_count,"              \
    " positivity_sum, intensity_sum, stress_sum, stress_square_sum, stress_min, stress_max) " rows \
    " ON CONFLICT (user_id, hour) DO UPDATE SET"                                                   \
    " event_count = t.event_count + excluded.event_count,"                                         \
    " stress_event_count = t.stress_event_count + excluded.stress_event_count,"                    \
    " positivity_sum = t.positivity_sum + excluded.positivity_sum,"                                \
    " intensity_sum = t.intensity_sum + excluded.intensity_sum,"                                   \
    " stress_sum = t.stress_sum + excluded.stress_sum,"                                            \
    " stress_square_sum = t.stress_square_sum + excluded.stress_square_sum,"                       \
    " stress_min = " least "(t.stress_min, excluded.stress_min),"                                  \
    " stress_max = " greatest "(t.stress_max, excluded.stress_max)"
#define TRANSACTION_TILES_ADD(rows, least, greatest)                                               \
    "INSERT INTO transaction_tiles AS t (user_id, day, count, sum_cents, square_sum, min_cents,"   \
    " max_cents, in_count, in_sum_cents) " rows " ON CONFLICT (user_id, day) DO UPDATE SET"        \
    " count = t.count + excluded.count, sum_cents = t.sum_cents + excluded.sum_cents,"             \
    " square_sum = t.square_sum + excluded.square_sum,"                                            \
    " min_cents = " least "(t.min_cents, excluded.min_cents),"                                     \
    " max_cents = " greatest "(t.max_cents, excluded.max_cents),"                                  \
    " in_count = t.in_count + excluded.in_count,"                                                  \
    " in_sum_cents = t.in_sum_cents + excluded.in_sum_cents"

/* Of feature_versions v, decision_heads h, the last decision d and its offer o. */
#define STATE_COLUMNS                                                                              \
    "v.user_id, v.version, coalesce(h.count, 0), h.entry, " DECISION_IN_BRIEF_AND_OFFER
/* A version, and tiles of both kinds: of users u, feature_versions v, emotion_tiles e and
 * transaction_tiles t. */
#define VERSION_COLUMNS "v.user_id, 0, u.created_at, v.version, 0, 0, 0, 0, 0, 0, 0"
#define EMOTION_TILE_COLUMNS                                                                       \
    "e.user_id, 1, e.hour, e.event_count, e.stress_event_count, e.positivity_sum,"                 \
    " e.intensity_sum, e.stress_sum, e.stress_square_sum, e.stress_min, e.stress_max"
#define TRANSACTION_TILE_COLUMNS                                                                   \
    "t.user_id, 2, t.day, t.count, t.sum_cents, t.square_sum, t.min_cents, t.max_cents,"           \
    " t.in_count, t.in_sum_cents, 0"
/* What a decision adds. */
#define HEADS_MOVE(rows)                                                                           \
    "INSERT INTO decision_heads AS h (user_id, count, entry) " rows " ON CONFLICT (user_id)"       \
    " DO UPDATE SET count = h.count + 1, entry = excluded.entry"
#define DECISIONS_ADD(rows)                                                                        \
    "INSERT INTO decisions (id, user_id, decided_at, approved, risk, reason, features,"            \
    " features_version, model, policy, inputs, risk_full, risk_financial, basis, explanation,"     \
    " previous, entry, emotions_known) " rows
#define OFFERS_ADD(rows)                                                                           \
    "INSERT INTO offers (id, user_id, decision_id, limit_cents, rate_bp, credit_type,"             \
    " created_at, expires_at, updated_at, status) " rows
#define KEYS_ADD(rows)                                                                             \
    "INSERT INTO idempotency_keys (user_id, key, request, decision_id, created_at) " rows
#define OUTBOX_ADD(rows)                                                                           \
    "INSERT INTO outbox (stream, request_id, traceparent, payload, created_at, "                   \
    "claimed_until) " rows
#define LOG_ADD(rows) "INSERT INTO log_heads (shard, position, user_id, count, entry, seal) " rows

struct store_dialect {
    const char *engine;     /* its name */
    const char *migrations; /* where they lie among the embedded files */
    const char *old_system; /* finds a row in a database of the old system; NULL: there was none */
    const char *migrations_lock; /* tells whether it was had; NULL: nobody else has the file */
    const char *migrations_unlock;
    const char *migrations_table; /* made if it is not there */
    const char *migrations_begun; /* gives a row if it is */
    const char *migrations_owner; /* tells whether this login is the owner's */
    const char *grants;           /* an embedded file, run after them; NULL: there are no logins */
    const char *person_lock;      /* whoever holds it decides about this person alone */
    const char *generation_begin;
    const char *revocations_mark;
    const char *attempts_read;
    const char *attempts_fail;
    const char *offers_expire;
    /* $1 is the process's present, $2 the end of a claim that is made then; a database with a clock
     * of its own takes their difference. A claim that ends later than one made now was made before
     * the clock was set back, and is void. */
    const char *outbox_due;
    const char *outbox_claim;
    const char *sweeps_read; /* the row of sweeps, and the database's time, which may be $1 */
    struct sweep_statements sweeps[SWEPT_COUNT];
    struct event_statements events;
    struct analysis_statements analyses;
    struct verdict_statements verdicts;
    /* Makes room for the raw rows of these moments; NULL: there always is. */
    enum status (*rows_prepare)(struct store *store, enum event_table table,
                                const struct sql_column *times, size_t count);
    /* Drops the oldest month of raw rows, if all of it is before that moment. */
    enum status (*months_sweep)(struct store *store, enum swept swept, int64_t before_us,
                                int64_t *removed, bool *held_back);
};

struct store {
    struct sql *sql;
    const struct store_dialect *dialect;
    struct store_batch *batch; /* made with the first batch of events */
};

/* decisions.c */
#define DECISION_COLUMNS(features)                                                                 \
    "d.id, d.user_id, d.decided_at, d.approved, d.risk, d.reason, CAST(" features " AS text),"     \
    " d.features_version, d.model, d.policy, d.inputs, d.risk_full, d.risk_financial, d.basis,"    \
    " d.emotions_known, CAST(d.explanation AS text), d.previous, d.entry"
#define DECISION_AND_OFFER DECISION_COLUMNS("d.features") ", " OFFER_COLUMNS
/* Without its features, which take the most time to read. */
#define DECISION_IN_BRIEF_AND_OFFER DECISION_COLUMNS("''") ", " OFFER_COLUMNS
#define DECISION_WITH_OFFER " LEFT JOIN offers o ON o.user_id = d.user_id AND o.decision_id = d.id"
/* Reads DECISION_AND_OFFER, or the same in brief: then features and evidence are zero. */
MUST_CHECK enum status store_decision_take(struct sql *sql, struct decision *decision);

/* offers.c */
#define OFFER_COLUMNS                                                                              \
    "o.id, o.user_id, o.decision_id, o.status, o.limit_cents, o.rate_bp, o.credit_type,"           \
    " o.created_at, o.expires_at, o.accepted_at, o.activated_at"
/* The one statement that moves offers: those of `which` that are `from`, at the moment $1, as a row
 * of domain/offer.def has it. Gives a row for each. */
#define OFFER_CHANGE(from, to, when, which) OFFER_CHANGE_AT("$1", "", from, to, when, which)
/* The same at a moment of each, which `source` may have. */
#define OFFER_CHANGE_AT(moment, source, from, to, when, which)                                     \
    "UPDATE offers SET status = '" #to "', updated_at = " moment OFFER_NOTES_##to(moment) source   \
        " WHERE status = '" #from "'" OFFER_TIME_##when(moment) " AND " which                      \
                                                                " RETURNING offers.id"
#define OFFER_NOTES_accepted(moment) ", accepted_at = " moment
#define OFFER_NOTES_active(moment) ", activated_at = " moment
#define OFFER_NOTES_expired(moment) ""
#define OFFER_NOTES_superseded(moment) ""
#define OFFER_TIME_before(moment) " AND expires_at > " moment
#define OFFER_TIME_after(moment) " AND expires_at <= " moment
#define OFFER_TIME_ever(moment) ""
/* Reads OFFER_COLUMNS. */
MUST_CHECK enum status store_offer_take(struct sql *sql, struct offer *offer);

/* log.c */
struct log_entry {
    struct uuid user_id;
    struct chain_head head;
    int64_t shard, position; /* store_log_append sets these, */
    struct hash seal;        /* and this */
};
/* Within the transaction that made these heads, of one person each; the last thing in it. Sorts
 * them. */
MUST_CHECK enum status store_log_append(struct store *store, struct log_entry entries[],
                                        size_t count);

/* messages.c */
MUST_CHECK enum status store_notification_insert(struct sql *sql, const struct notification *row);
MUST_CHECK enum status store_outbox_insert(struct sql *sql, const struct outbox_row *row,
                                           int64_t now_us);

#endif
