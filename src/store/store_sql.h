/* SPDX-License-Identifier: Apache-2.0
 *
 * The store on SQL, written once over store/sql.h. store_postgres and store_sqlite each give a
 * dialect, which holds all that differs, and assemble their table of operations from the
 * functions below: ports/store.h says what each does.
 */
#ifndef ECS_STORE_STORE_SQL_H
#define ECS_STORE_STORE_SQL_H

#include "ports/store.h"
#include "store/sql.h"

struct store_sql;
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

/* Tables read as they lie; verdicts.c says what each takes and gives. */
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

/* How an added tile meets the one that is there; the engines name the lesser of two differently. */
#define EMOTION_TILE_MERGE(least, greatest)                                                        \
    " ON CONFLICT (user_id, hour) DO UPDATE SET"                                                   \
    " event_count = t.event_count + excluded.event_count,"                                         \
    " stress_event_count = t.stress_event_count + excluded.stress_event_count,"                    \
    " positivity_sum = t.positivity_sum + excluded.positivity_sum,"                                \
    " intensity_sum = t.intensity_sum + excluded.intensity_sum,"                                   \
    " stress_sum = t.stress_sum + excluded.stress_sum,"                                            \
    " stress_square_sum = t.stress_square_sum + excluded.stress_square_sum,"                       \
    " stress_min = " least "(t.stress_min, excluded.stress_min),"                                  \
    " stress_max = " greatest "(t.stress_max, excluded.stress_max)"
#define TRANSACTION_TILE_MERGE(least, greatest)                                                    \
    " ON CONFLICT (user_id, day) DO UPDATE SET"                                                    \
    " count = t.count + excluded.count, sum_cents = t.sum_cents + excluded.sum_cents,"             \
    " square_sum = t.square_sum + excluded.square_sum,"                                            \
    " min_cents = " least "(t.min_cents, excluded.min_cents),"                                     \
    " max_cents = " greatest "(t.max_cents, excluded.max_cents),"                                  \
    " in_count = t.in_count + excluded.in_count,"                                                  \
    " in_sum_cents = t.in_sum_cents + excluded.in_sum_cents"

struct store_dialect {
    const char *migrations; /* where they lie among the embedded files */
    const char *old_system; /* finds a row in a database of the old system; NULL: there was none */
    const char *migrations_lock; /* tells whether it was had; NULL: nobody else has the file */
    const char *migrations_unlock;
    const char *migrations_table; /* made if it is not there */
    const char *migrations_begun; /* gives a row if it is */
    const char *migrations_owner; /* tells whether this login is the owner's */
    const char *grants;           /* an embedded file, run after them; NULL: there are no logins */
    const char *person_lock;      /* whoever holds it decides about this person alone */
    const char *shard_lock;       /* whoever holds it appends to this shard of the log alone */
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
    struct verdict_statements verdicts;
    /* Makes room for the raw rows of these moments; NULL: there always is. */
    enum status (*rows_prepare)(struct store_sql *store, enum event_table table,
                                const struct sql_column *times, size_t count);
    /* Drops the oldest month of raw rows, if all of it is before that moment. */
    enum status (*months_sweep)(struct store_sql *store, enum swept swept, int64_t before_us,
                                int64_t *removed, bool *held_back);
};

struct store_sql {
    struct store base;
    struct sql *sql;
    const struct store_dialect *dialect;
    struct store_batch *batch; /* made with the first batch of events */
};

/* Takes `sql` over. */
void store_sql_init(struct store_sql *store, const struct store_ops *ops, struct sql *sql,
                    const struct store_dialect *dialect);
static inline struct store_sql *store_sql_of(struct store *store)
{
    return (struct store_sql *)store;
}

/* Every call is UNAVAILABLE while `gate` is false; it must outlive the store. */
void store_sql_gate(struct store *store, const atomic_bool *gate);
enum status store_sql_health(struct store *store, struct health *health);
void store_sql_close(struct store *store);

/* migrations.c */
enum status store_sql_migrate(struct store *store, int *applied);
enum status store_sql_migrations_pending(struct store *store, int *pending);

/* people.c */
enum status store_sql_user_create(struct store *store, const struct user *user);
enum status store_sql_user_by_email(struct store *store, const char *email, struct user *user);
enum status store_sql_user_by_id(struct store *store, const struct uuid *id, struct user *user);
enum status store_sql_user_password_renew(struct store *store, const struct user *user,
                                          const char *password_hash);
enum status store_sql_refresh_create(struct store *store, const struct refresh_token *token);
enum status store_sql_refresh_rotate(struct store *store, const struct hash *old,
                                     struct refresh_token *next, int64_t now_us);

/* sessions.c */
enum status store_sql_sessions_end(struct store *store, const struct uuid *user_id,
                                   int64_t *generation);
enum status store_sql_revocations_mark(struct store *store, int64_t *mark);
enum status store_sql_revocations_read(struct store *store, const struct revocation *after,
                                       struct revocation out[], size_t max, size_t *count);
enum status store_sql_attempts_read(struct store *store, const struct uuid *account,
                                    const struct hash *place, int64_t now_us,
                                    struct attempts *attempts);
enum status store_sql_attempts_fail(struct store *store, const struct uuid *account,
                                    struct attempts *attempts);

/* events.c */
enum status store_sql_positions_timed_since(struct store *store, int64_t *since_us);
enum status store_sql_emotions_apply(struct store *store, const struct emotion_event events[],
                                     size_t count, enum event_result results[]);
enum status store_sql_transactions_apply(struct store *store,
                                         const struct transaction_event events[], size_t count,
                                         enum event_result results[]);

/* submissions.c */
enum status store_sql_ids_check(struct store *store, struct id_check checks[], size_t count);
enum status store_sql_submission_claim(struct store *store, const struct uuid *owner,
                                       const struct idempotency *idempotency, int64_t now_us);

/* tiles.c */
enum status store_sql_tiles_read(struct store *store, const struct uuid *user_id, int64_t now_us,
                                 int64_t *version, struct person_tiles *tiles);

/* as_of.c */
enum status store_sql_decision_at(struct store *store, const struct uuid *user_id, int64_t at_us,
                                  struct decision *decision);
enum status store_sql_people_scan(struct store *store, const struct uuid *after, int64_t as_of_us,
                                  struct uuid out[], size_t max, size_t *count);
enum status store_sql_tiles_as_of(struct store *store, const struct uuid *user_id, int64_t as_of_us,
                                  struct person_tiles *tiles);

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
MUST_CHECK enum status decision_take(struct sql *sql, struct decision *decision);
enum status store_sql_credit_state(struct store *store, const struct uuid *user_id,
                                   struct credit_state *state);
enum status store_sql_decision_record(struct store *store, const struct decision *decision,
                                      const struct idempotency *idempotency,
                                      struct decision *stands);
enum status store_sql_decision_by_key(struct store *store, const struct uuid *user_id,
                                      const struct idempotency *idempotency,
                                      struct decision *decision);
enum status store_sql_decision_read(struct store *store, const struct uuid *id,
                                    const struct uuid *user_id, struct decision *decision);
enum status store_sql_decisions_list(struct store *store, const struct uuid *user_id,
                                     struct page page, struct decision out[], size_t *count,
                                     int64_t *total);

/* offers.c */
#define OFFER_COLUMNS                                                                              \
    "o.id, o.user_id, o.decision_id, o.status, o.limit_cents, o.rate_bp, o.credit_type,"           \
    " o.created_at, o.expires_at, o.accepted_at, o.activated_at"
/* The one statement that moves offers: those of `which` that are `from`, at the moment $1, as a row
 * of domain/offer.def has it. Gives a row for each. */
#define OFFER_CHANGE(from, to, when, which)                                                        \
    "UPDATE offers SET status = '" #to "', updated_at = $1" OFFER_NOTES_##to                       \
        " WHERE status = '" #from "'" OFFER_TIME_##when " AND " which " RETURNING 1"
#define OFFER_NOTES_accepted ", accepted_at = $1"
#define OFFER_NOTES_active ", activated_at = $1"
#define OFFER_NOTES_expired ""
#define OFFER_NOTES_superseded ""
#define OFFER_TIME_before " AND expires_at > $1"
#define OFFER_TIME_after " AND expires_at <= $1"
#define OFFER_TIME_ever ""
/* Takes that step, which must be one of domain/offer.def, with the person's offer of that id, or if
 * `id` is NULL with all of theirs. `changed`, unless NULL: how many were `from` and in time. */
MUST_CHECK enum status offer_change(struct sql *sql, enum offer_status from, enum offer_status to,
                                    const struct uuid *user_id, const struct uuid *id,
                                    int64_t now_us, int64_t *changed);
/* Reads OFFER_COLUMNS. */
MUST_CHECK enum status offer_take(struct sql *sql, struct offer *offer);
MUST_CHECK enum status offer_insert(struct sql *sql, const struct offer *offer);
enum status store_sql_offers_list(struct store *store, const struct uuid *user_id, struct page page,
                                  struct offer out[], size_t *count, int64_t *total);
enum status store_sql_offer_read(struct store *store, const struct uuid *id,
                                 const struct uuid *user_id, struct offer *offer);
enum status store_sql_line_read(struct store *store, const struct uuid *user_id,
                                struct offer *line);
enum status store_sql_offer_accept(struct store *store, const struct uuid *offer_id,
                                   const struct uuid *user_id, int64_t now_us,
                                   const struct outbox_row *event, bool *changed);
enum status store_sql_offer_activate(struct store *store, const struct uuid *offer_id,
                                     const struct uuid *user_id, int64_t now_us,
                                     const struct notification *notification,
                                     const struct outbox_row *event, bool *changed);

/* decision_log.c */
enum status store_sql_decisions_scan(struct store *store, const struct log_place *after,
                                     int64_t since_us, struct logged_decision out[], size_t max,
                                     size_t *count);
enum status store_sql_policy_keep(struct store *store, const struct hash *hash, const char *text,
                                  int64_t now_us);
enum status store_sql_policy_read(struct store *store, const struct hash *hash,
                                  char text[POLICY_BYTES_MAX + 1]);

/* log_heads.c */
/* Within the transaction that made this head; the last thing in it. */
MUST_CHECK enum status log_append(struct store_sql *store, const struct uuid *user_id,
                                  const struct chain_head *head);
enum status store_sql_log_shards(struct store *store, struct log_shard out[LOG_SHARDS_ALL],
                                 size_t *count);
enum status store_sql_log_scan(struct store *store, int64_t shard, int64_t after,
                               struct log_head out[], size_t max, size_t *count);
enum status store_sql_policy_next(struct store *store, struct hash *hash,
                                  char text[POLICY_BYTES_MAX + 1]);

/* verdicts.c */
enum status store_sql_verdicts_extent(struct store *store, struct extent *decisions,
                                      struct extent *offers);
enum status store_sql_verdicts_scan(struct store *store, int64_t from, int64_t to, int64_t since_us,
                                    verdict_taker *take, void *context);
enum status store_sql_granted_scan(struct store *store, int64_t from, int64_t to,
                                   granted_taker *take, void *context);
enum status store_sql_addressees_scan(struct store *store, const struct uuid *after,
                                      struct addressee out[], size_t max, size_t *count);

/* shadow.c */
enum status store_sql_shadow_pending(struct store *store, const char *challenger, int64_t since_us,
                                     struct decision out[], size_t max, size_t *count);
enum status store_sql_shadow_record(struct store *store, const struct shadow_decision shadows[],
                                    size_t count, int64_t now_us);

enum status store_sql_offers_waiting(struct store *store, int64_t before_us, struct offer out[],
                                     size_t max, size_t *count);

/* messages.c */
MUST_CHECK enum status notification_insert(struct sql *sql, const struct notification *row);
MUST_CHECK enum status outbox_insert(struct sql *sql, const struct outbox_row *row, int64_t now_us);
enum status store_sql_notifications_after(struct store *store, const struct uuid *user_id,
                                          int64_t after_id, struct notification out[], size_t max,
                                          size_t *count);
enum status store_sql_outbox_claim(struct store *store, int64_t now_us, struct outbox_row out[],
                                   size_t max, size_t *count);
enum status store_sql_outbox_done(struct store *store, const int64_t ids[], size_t count);

/* gone.c */
enum status store_sql_gone_people(struct store *store, int64_t now_us, struct gone_person out[],
                                  size_t max, size_t *count);
enum status store_sql_gone_seen(struct store *store, const struct gone_person people[],
                                size_t count, int64_t letters_to);

/* sweep.c */
enum status store_sql_offers_expire(struct store *store, int64_t now_us, int64_t machine_us,
                                    int64_t *expired);
enum status store_sql_sweep(struct store *store, int64_t now_us, int64_t machine_us,
                            int64_t raw_life_us, struct sweep *sweep);

#endif
