/* SPDX-License-Identifier: Apache-2.0
 *
 * Port: the database, the only truth. Adapters: store_sqlite, store_postgres. Every operation is
 * one transaction: it happened, or it did not. A handle is used by one thread at a time; each
 * thread opens its own.
 *
 * Every operation may return UNAVAILABLE: the database could not be asked, or its answer was lost.
 * The next call connects anew. All operations are safe to repeat after that.
 */
#ifndef ECS_PORTS_STORE_H
#define ECS_PORTS_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "base/status.h"
#include "domain/attempts.h"
#include "domain/backtest.h"
#include "domain/emotion.h"
#include "domain/event.h"
#include "domain/features.h"
#include "domain/offer.h"
#include "domain/shadow.h"
#include "domain/transaction.h"
#include "domain/user.h"
#include "ports/health.h"
#include "ports/store_records.h"

struct store;

/* Called for each row that a scan finds; may not use the store. */
typedef void verdict_taker(const struct verdict *verdict, void *context);
typedef void granted_taker(const struct granted *granted, void *context);

struct store_ops {
    const char *name;
    enum status (*migrate)(struct store *store, int *applied);
    enum status (*migrations_pending)(struct store *store, int *pending);
    enum status (*health)(struct store *store, struct health *health);
    void (*close)(struct store *store);

    enum status (*user_create)(struct store *store, const struct user *user);
    enum status (*user_by_email)(struct store *store, const char *email, struct user *user);
    enum status (*user_by_id)(struct store *store, const struct uuid *id, struct user *user);
    enum status (*user_password_renew)(struct store *store, const struct user *user,
                                       const char *password_hash);

    enum status (*refresh_create)(struct store *store, const struct refresh_token *token);
    enum status (*refresh_rotate)(struct store *store, const struct hash *old,
                                  struct refresh_token *next, int64_t now_us);
    enum status (*sessions_end)(struct store *store, const struct uuid *user_id,
                                int64_t *generation);
    enum status (*revocations_mark)(struct store *store, int64_t *mark);
    enum status (*revocations_read)(struct store *store, const struct revocation *after,
                                    struct revocation out[], size_t max, size_t *count);
    enum status (*attempts_read)(struct store *store, const struct uuid *account,
                                 const struct hash *place, int64_t now_us,
                                 struct attempts *attempts);
    enum status (*attempts_fail)(struct store *store, const struct uuid *account,
                                 struct attempts *attempts);

    enum status (*positions_timed_since)(struct store *store, int64_t *since_us);
    enum status (*emotions_apply)(struct store *store, const struct emotion_event events[],
                                  size_t count, enum event_result results[]);
    enum status (*transactions_apply)(struct store *store, const struct transaction_event events[],
                                      size_t count, enum event_result results[]);
    enum status (*ids_check)(struct store *store, struct id_check checks[], size_t count);
    enum status (*submission_claim)(struct store *store, const struct uuid *owner,
                                    const struct idempotency *idempotency, int64_t now_us);
    enum status (*tiles_read)(struct store *store, const struct uuid *user_id, int64_t now_us,
                              int64_t *version, struct person_tiles *tiles);

    enum status (*people_scan)(struct store *store, const struct uuid *after, int64_t as_of_us,
                               struct uuid out[], size_t max, size_t *count);
    enum status (*tiles_as_of)(struct store *store, const struct uuid *user_id, int64_t as_of_us,
                               struct person_tiles *tiles);
    enum status (*decision_at)(struct store *store, const struct uuid *user_id, int64_t at_us,
                               struct decision *decision);

    enum status (*credit_state)(struct store *store, const struct uuid *user_id,
                                struct credit_state *state);
    enum status (*decision_record)(struct store *store, const struct decision *decision,
                                   const struct idempotency *idempotency, struct decision *stands);
    enum status (*decision_by_key)(struct store *store, const struct uuid *user_id,
                                   const struct idempotency *idempotency,
                                   struct decision *decision);
    enum status (*decision_read)(struct store *store, const struct uuid *id,
                                 const struct uuid *user_id, struct decision *decision);
    enum status (*decisions_list)(struct store *store, const struct uuid *user_id, struct page page,
                                  struct decision out[], size_t *count, int64_t *total);
    enum status (*decisions_scan)(struct store *store, const struct log_place *after,
                                  int64_t since_us, struct logged_decision out[], size_t max,
                                  size_t *count);
    enum status (*verdicts_extent)(struct store *store, struct extent *decisions,
                                   struct extent *offers);
    enum status (*verdicts_scan)(struct store *store, int64_t from, int64_t to, int64_t since_us,
                                 verdict_taker *take, void *context);
    enum status (*granted_scan)(struct store *store, int64_t from, int64_t to, granted_taker *take,
                                void *context);
    enum status (*addressees_scan)(struct store *store, const struct uuid *after,
                                   struct addressee out[], size_t max, size_t *count);
    enum status (*log_shards)(struct store *store, struct log_shard out[LOG_SHARDS_ALL],
                              size_t *count);
    enum status (*log_scan)(struct store *store, int64_t shard, int64_t after,
                            struct log_head out[], size_t max, size_t *count);
    enum status (*policy_next)(struct store *store, struct hash *hash,
                               char text[POLICY_BYTES_MAX + 1]);
    enum status (*policy_keep)(struct store *store, const struct hash *hash, const char *text,
                               int64_t now_us);
    enum status (*policy_read)(struct store *store, const struct hash *hash,
                               char text[POLICY_BYTES_MAX + 1]);
    enum status (*shadow_pending)(struct store *store, const char *challenger, int64_t since_us,
                                  struct decision out[], size_t max, size_t *count);
    enum status (*shadow_record)(struct store *store, const struct shadow_decision shadows[],
                                 size_t count, int64_t now_us);
    enum status (*offers_list)(struct store *store, const struct uuid *user_id, struct page page,
                               struct offer out[], size_t *count, int64_t *total);
    enum status (*offer_read)(struct store *store, const struct uuid *id,
                              const struct uuid *user_id, struct offer *offer);
    enum status (*line_read)(struct store *store, const struct uuid *user_id, struct offer *line);
    enum status (*offer_accept)(struct store *store, const struct uuid *offer_id,
                                const struct uuid *user_id, int64_t now_us,
                                const struct outbox_row *event, bool *changed);
    enum status (*offer_activate)(struct store *store, const struct uuid *offer_id,
                                  const struct uuid *user_id, int64_t now_us,
                                  const struct notification *notification,
                                  const struct outbox_row *event, bool *changed);
    enum status (*offers_waiting)(struct store *store, int64_t before_us, struct offer out[],
                                  size_t max, size_t *count);
    enum status (*offers_expire)(struct store *store, int64_t now_us, int64_t machine_us,
                                 int64_t *expired);
    enum status (*notifications_after)(struct store *store, const struct uuid *user_id,
                                       int64_t after_id, struct notification out[], size_t max,
                                       size_t *count);

    enum status (*outbox_claim)(struct store *store, int64_t now_us, struct outbox_row out[],
                                size_t max, size_t *count);
    enum status (*outbox_done)(struct store *store, const int64_t ids[], size_t count);
    enum status (*sweep)(struct store *store, int64_t now_us, int64_t machine_us,
                         int64_t raw_life_us, struct sweep *sweep);
    enum status (*gone_people)(struct store *store, int64_t now_us, struct gone_person out[],
                               size_t max, size_t *count);
    enum status (*gone_seen)(struct store *store, const struct gone_person people[], size_t count,
                             int64_t letters_to);
};

struct store {
    const struct store_ops *ops;
};

/* Applies every migration not yet applied; safe when several processes do it at once. `applied`
 * counts those that this call applied. Takes as long as they take, up to hours. TIMED_OUT: another
 * process is at it; call again. FORBIDDEN: this login may not, and it must be done. */
MUST_CHECK static inline enum status store_migrate(struct store *store, int *applied)
{
    return store->ops->migrate(store, applied);
}

/* Counts those not yet applied, and applies none. CONFLICT: one was applied with another text. */
MUST_CHECK static inline enum status store_migrations_pending(struct store *store, int *pending)
{
    return store->ops->migrations_pending(store, pending);
}

/* OK: it reads and writes. UNAVAILABLE: it does not, or soon will not. Both fill `health`,
 * which begins zeroed but for owed_since_us. */
MUST_CHECK static inline enum status store_health(struct store *store, struct health *health)
{
    return store->ops->health(store, health);
}

MUST_CHECK static inline enum status store_ping(struct store *store)
{
    struct health health = {0};
    return store_health(store, &health);
}

static inline void store_close(struct store *store)
{
    store->ops->close(store);
}

/* People ---------------------------------------------------------------------------------- */

/* CONFLICT if the e-mail is taken. */
MUST_CHECK static inline enum status store_user_create(struct store *store, const struct user *user)
{
    return store->ops->user_create(store, user);
}

/* NOT_FOUND if there is none; so is the next. */
MUST_CHECK static inline enum status store_user_by_email(struct store *store, const char *email,
                                                         struct user *user)
{
    return store->ops->user_by_email(store, email, user);
}

MUST_CHECK static inline enum status store_user_by_id(struct store *store, const struct uuid *id,
                                                      struct user *user)
{
    return store->ops->user_by_id(store, id, user);
}

/* Replaces the password's hash, unless it is no more what `user` holds. */
MUST_CHECK static inline enum status
store_user_password_renew(struct store *store, const struct user *user, const char *password_hash)
{
    return store->ops->user_password_renew(store, user, password_hash);
}

/* Tokens ---------------------------------------------------------------------------------- */

MUST_CHECK static inline enum status store_refresh_create(struct store *store,
                                                          const struct refresh_token *token)
{
    return store->ops->refresh_create(store, token);
}

/* Uses up `old` and stores `next`, whose token and expiry the caller has set; its family and user
 * are filled in from the old one. UNAUTHENTICATED if `old` is unknown, expired, or was used
 * before; in the last case its whole family ends. */
MUST_CHECK static inline enum status store_refresh_rotate(struct store *store,
                                                          const struct hash *old,
                                                          struct refresh_token *next,
                                                          int64_t now_us)
{
    return store->ops->refresh_rotate(store, old, next, now_us);
}

/* Ends all tokens of a person: the refresh tokens, and the access tokens of all generations before
 * `generation`, which begins. NOT_FOUND if there is no such person. */
MUST_CHECK static inline enum status
store_sessions_end(struct store *store, const struct uuid *user_id, int64_t *generation)
{
    return store->ops->sessions_end(store, user_id, generation);
}

/* Every revocation whose `change` is below the mark can be read from now on; so whoever has read
 * all goes on from the mark of before. A mark that has shrunk is of another database. */
MUST_CHECK static inline enum status store_revocations_mark(struct store *store, int64_t *mark)
{
    return store->ops->revocations_mark(store, mark);
}

/* Those behind `after`, in the order of `change` and person. */
MUST_CHECK static inline enum status store_revocations_read(struct store *store,
                                                            const struct revocation *after,
                                                            struct revocation out[], size_t max,
                                                            size_t *count)
{
    return store->ops->revocations_read(store, after, out, max, count);
}

/* What is known of the wrong passwords of an account, from a place of this kind. */
MUST_CHECK static inline enum status store_attempts_read(struct store *store,
                                                         const struct uuid *account,
                                                         const struct hash *place, int64_t now_us,
                                                         struct attempts *attempts)
{
    return store->ops->attempts_read(store, account, place, now_us, attempts);
}

/* Counts one more wrong password; `attempts->failures` is their number with it. */
MUST_CHECK static inline enum status
store_attempts_fail(struct store *store, const struct uuid *account, struct attempts *attempts)
{
    return store->ops->attempts_fail(store, account, attempts);
}

/* Events and features --------------------------------------------------------------------- */

/* From when on the time at which a stream stored an event belongs to its place (domain/event.h). */
MUST_CHECK static inline enum status store_positions_timed_since(struct store *store,
                                                                 int64_t *since_us)
{
    return store->ops->positions_timed_since(store, since_us);
}

/* Counts each event once: new keys, and for those only raw rows, tile deltas and one more version
 * of the person's features, all in one transaction. A key twice in the batch counts once too.
 * `results[i]` tells what became of `events[i]`. */
MUST_CHECK static inline enum status store_emotions_apply(struct store *store,
                                                          const struct emotion_event events[],
                                                          size_t count, enum event_result results[])
{
    return store->ops->emotions_apply(store, events, count, results);
}

MUST_CHECK static inline enum status
store_transactions_apply(struct store *store, const struct transaction_event events[], size_t count,
                         enum event_result results[])
{
    return store->ops->transactions_apply(store, events, count, results);
}

/* Sets `conflicts` of up to BUS_BATCH_MAX events that are not counted yet. */
MUST_CHECK static inline enum status store_ids_check(struct store *store, struct id_check checks[],
                                                     size_t count)
{
    return store->ops->ids_check(store, checks, count);
}

/* Takes a key for events that are about to be put on the bus. OK: it is theirs, or was before.
 * CONFLICT: it was used for another request. TOO_MANY_REQUESTS: `owner`, a person, holds
 * IDEMPOTENCY_KEYS_MAX already. Producers have no owner, zero, and no such bound. */
MUST_CHECK static inline enum status store_submission_claim(struct store *store,
                                                            const struct uuid *owner,
                                                            const struct idempotency *idempotency,
                                                            int64_t now_us)
{
    return store->ops->submission_claim(store, owner, idempotency, now_us);
}

/* Tiles of the longest windows as of `now_us`, ascending, and the version of the person's
 * features that they are, from one snapshot. NOT_FOUND if there is no such person. */
MUST_CHECK static inline enum status store_tiles_read(struct store *store,
                                                      const struct uuid *user_id, int64_t now_us,
                                                      int64_t *version, struct person_tiles *tiles)
{
    return store->ops->tiles_read(store, user_id, now_us, version, tiles);
}

/* Persons registered at or before `as_of_us`, in the order of their ids, those behind `after`;
 * none: that was all. */
MUST_CHECK static inline enum status store_people_scan(struct store *store,
                                                       const struct uuid *after, int64_t as_of_us,
                                                       struct uuid out[], size_t max, size_t *count)
{
    return store->ops->people_scan(store, after, as_of_us, out, max, count);
}

/* The tiles of the longest windows as they were at `as_of_us`: of events that had been counted by
 * then, by the clock of the database, those a little ahead of it in its own hour and day among
 * them. A batch is counted from when its rows are written, some milliseconds before others can see
 * it. NOT_FOUND: nobody of that id was registered then. */
MUST_CHECK static inline enum status store_tiles_as_of(struct store *store,
                                                       const struct uuid *user_id, int64_t as_of_us,
                                                       struct person_tiles *tiles)
{
    return store->ops->tiles_as_of(store, user_id, as_of_us, tiles);
}

/* The person's decision of this very moment; of several the last. NOT_FOUND: there is none. */
MUST_CHECK static inline enum status store_decision_at(struct store *store,
                                                       const struct uuid *user_id, int64_t at_us,
                                                       struct decision *decision)
{
    return store->ops->decision_at(store, user_id, at_us, decision);
}

/* Credit ---------------------------------------------------------------------------------- */

/* NOT_FOUND if there is no such person. */
MUST_CHECK static inline enum status
store_credit_state(struct store *store, const struct uuid *user_id, struct credit_state *state)
{
    return store->ops->credit_state(store, user_id, state);
}

/* Records a decision, its offer (status offered) if it has one, and the idempotency key if one
 * came, and supersedes the person's open offers. Decisions of one person are recorded one after
 * the other: if another request has meanwhile recorded one with the same inputs that still
 * stands, that one is returned in `stands` and nothing is recorded; so too the decision first
 * recorded under the same idempotency key. Otherwise `stands` is `decision`. CONFLICT if the key
 * was used for another request, TOO_MANY_REQUESTS if the person holds IDEMPOTENCY_KEYS_MAX
 * already. NOT_FOUND if there is no such person. */
MUST_CHECK static inline enum status store_decision_record(struct store *store,
                                                           const struct decision *decision,
                                                           const struct idempotency *idempotency,
                                                           struct decision *stands)
{
    return store->ops->decision_record(store, decision, idempotency, stands);
}

/* The decision that was answered under this key. NOT_FOUND if the key is new; CONFLICT if it was
 * used for another request. */
MUST_CHECK static inline enum status store_decision_by_key(struct store *store,
                                                           const struct uuid *user_id,
                                                           const struct idempotency *idempotency,
                                                           struct decision *decision)
{
    return store->ops->decision_by_key(store, user_id, idempotency, decision);
}

/* NOT_FOUND if there is none of this id that is this person's. */
MUST_CHECK static inline enum status store_decision_read(struct store *store, const struct uuid *id,
                                                         const struct uuid *user_id,
                                                         struct decision *decision)
{
    return store->ops->decision_read(store, id, user_id, decision);
}

/* Newest first; `out` has room for page.size. `total` counts all pages. */
MUST_CHECK static inline enum status store_decisions_list(struct store *store,
                                                          const struct uuid *user_id,
                                                          struct page page, struct decision out[],
                                                          size_t *count, int64_t *total)
{
    return store->ops->decisions_list(store, user_id, page, out, count, total);
}

/* Up to `max` entries behind `after`, decided at or after `since_us`; none: that was all. */
MUST_CHECK static inline enum status
store_decisions_scan(struct store *store, const struct log_place *after, int64_t since_us,
                     struct logged_decision out[], size_t max, size_t *count)
{
    return store->ops->decisions_scan(store, after, since_us, out, max, count);
}

/* How far decisions and offers reach, for the next two. */
MUST_CHECK static inline enum status
store_verdicts_extent(struct store *store, struct extent *decisions, struct extent *offers)
{
    return store->ops->verdicts_extent(store, decisions, offers);
}

/* What was decided at or after `since_us`, as it lies from place `from` on and below `to`, in any
 * order: the way to read millions. `verdict` has no limit, rate and credit type: these are the
 * offer's. */
MUST_CHECK static inline enum status store_verdicts_scan(struct store *store, int64_t from,
                                                         int64_t to, int64_t since_us,
                                                         verdict_taker *take, void *context)
{
    return store->ops->verdicts_scan(store, from, to, since_us, take, context);
}

/* The offers at these places, whatever became of them. One that is accepted or expires meanwhile
 * may move, and then be found twice or not at all: store_decision_read has it. */
MUST_CHECK static inline enum status store_granted_scan(struct store *store, int64_t from,
                                                        int64_t to, granted_taker *take,
                                                        void *context)
{
    return store->ops->granted_scan(store, from, to, take, context);
}

/* Up to `max` people, by id, from behind `after` on; none: that was all. */
MUST_CHECK static inline enum status store_addressees_scan(struct store *store,
                                                           const struct uuid *after,
                                                           struct addressee out[], size_t max,
                                                           size_t *count)
{
    return store->ops->addressees_scan(store, after, out, max, count);
}

/* The end of each shard of the log of heads, as it is now. */
MUST_CHECK static inline enum status
store_log_shards(struct store *store, struct log_shard out[LOG_SHARDS_ALL], size_t *count)
{
    return store->ops->log_shards(store, out, count);
}

/* Up to `max` rows of a shard behind position `after`; none: that was all. */
MUST_CHECK static inline enum status store_log_scan(struct store *store, int64_t shard,
                                                    int64_t after, struct log_head out[],
                                                    size_t max, size_t *count)
{
    return store->ops->log_scan(store, shard, after, out, max, count);
}

/* The kept policy behind `hash`, in the order of hashes. NOT_FOUND: that was all. */
MUST_CHECK static inline enum status store_policy_next(struct store *store, struct hash *hash,
                                                       char text[POLICY_BYTES_MAX + 1])
{
    return store->ops->policy_next(store, hash, text);
}

/* Keeps the text of a policy that is about to decide, for whoever decides again; once for each. */
MUST_CHECK static inline enum status store_policy_keep(struct store *store, const struct hash *hash,
                                                       const char *text, int64_t now_us)
{
    return store->ops->policy_keep(store, hash, text, now_us);
}

/* NOT_FOUND if none of that hash has decided. */
MUST_CHECK static inline enum status store_policy_read(struct store *store, const struct hash *hash,
                                                       char text[POLICY_BYTES_MAX + 1])
{
    return store->ops->policy_read(store, hash, text);
}

/* Decisions made at or after `since_us` that the challenger has not seen, oldest first. */
MUST_CHECK static inline enum status store_shadow_pending(struct store *store,
                                                          const char *challenger, int64_t since_us,
                                                          struct decision out[], size_t max,
                                                          size_t *count)
{
    return store->ops->shadow_pending(store, challenger, since_us, out, max, count);
}

/* What was recorded before stays as it is. */
MUST_CHECK static inline enum status store_shadow_record(struct store *store,
                                                         const struct shadow_decision shadows[],
                                                         size_t count, int64_t now_us)
{
    return store->ops->shadow_record(store, shadows, count, now_us);
}

MUST_CHECK static inline enum status store_offers_list(struct store *store,
                                                       const struct uuid *user_id, struct page page,
                                                       struct offer out[], size_t *count,
                                                       int64_t *total)
{
    return store->ops->offers_list(store, user_id, page, out, count, total);
}

/* NOT_FOUND if there is none of this id that is this person's. */
MUST_CHECK static inline enum status store_offer_read(struct store *store, const struct uuid *id,
                                                      const struct uuid *user_id,
                                                      struct offer *offer)
{
    return store->ops->offer_read(store, id, user_id, offer);
}

/* The person's active line. NOT_FOUND if there is none. */
MUST_CHECK static inline enum status store_line_read(struct store *store,
                                                     const struct uuid *user_id, struct offer *line)
{
    return store->ops->line_read(store, user_id, line);
}

/* offered → accepted, and `event` (payload in it) into the outbox with it. Repeating it on one's
 * own accepted or active offer is OK with `changed` false. NOT_FOUND if there is no such offer of
 * this person that is open. */
MUST_CHECK static inline enum status
store_offer_accept(struct store *store, const struct uuid *offer_id, const struct uuid *user_id,
                   int64_t now_us, const struct outbox_row *event, bool *changed)
{
    return store->ops->offer_accept(store, offer_id, user_id, now_us, event, changed);
}

/* accepted → active; the person's line that was active before, if any, is superseded; the
 * notification and its event (payload in it) are written with it. OK with `changed` false if it
 * is active or superseded already. NOT_FOUND if there is no such accepted offer of this person. */
MUST_CHECK static inline enum status
store_offer_activate(struct store *store, const struct uuid *offer_id, const struct uuid *user_id,
                     int64_t now_us, const struct notification *notification,
                     const struct outbox_row *event, bool *changed)
{
    return store->ops->offer_activate(store, offer_id, user_id, now_us, notification, event,
                                      changed);
}

/* Accepted before `before_us` and still not active, the longest first. */
MUST_CHECK static inline enum status store_offers_waiting(struct store *store, int64_t before_us,
                                                          struct offer out[], size_t max,
                                                          size_t *count)
{
    return store->ops->offers_waiting(store, before_us, out, max, count);
}

/* offered → expired for all whose time is over by the database's clock, or where it has none, at
 * `now_us`; for none while that and the machine's clock cannot both be believed (store_sweep). */
MUST_CHECK static inline enum status store_offers_expire(struct store *store, int64_t now_us,
                                                         int64_t machine_us, int64_t *expired)
{
    return store->ops->offers_expire(store, now_us, machine_us, expired);
}

/* Oldest first. */
MUST_CHECK static inline enum status
store_notifications_after(struct store *store, const struct uuid *user_id, int64_t after_id,
                          struct notification out[], size_t max, size_t *count)
{
    return store->ops->notifications_after(store, user_id, after_id, out, max, count);
}

/* Outbox ---------------------------------------------------------------------------------- */

/* Takes rows for publishing; another caller does not get them for OUTBOX_CLAIM_US. */
MUST_CHECK static inline enum status store_outbox_claim(struct store *store, int64_t now_us,
                                                        struct outbox_row out[], size_t max,
                                                        size_t *count)
{
    return store->ops->outbox_claim(store, now_us, out, max, count);
}

/* Deletes rows that were published. */
MUST_CHECK static inline enum status store_outbox_done(struct store *store, const int64_t ids[],
                                                       size_t count)
{
    return store->ops->outbox_done(store, ids, count);
}

/* Housekeeping, once an hour for all processes: drops raw events older than `raw_life_us`, event
 * keys older than EVENT_KEY_LIFE_US, Idempotency-Keys older than IDEMPOTENCY_KEY_LIFE_US, tokens
 * that have expired and failed logins that are forgotten, of each at most SWEEP_SHARE_PERCENT of
 * the rows or one month. It goes by the database's time, or where it has no clock, by `now_us`.
 * `machine_us` is clock_machine_us; if both cannot be believed nothing is removed: see
 * `sweep->answer`. */
MUST_CHECK static inline enum status store_sweep(struct store *store, int64_t now_us,
                                                 int64_t machine_us, int64_t raw_life_us,
                                                 struct sweep *sweep)
{
    return store->ops->sweep(store, now_us, machine_us, raw_life_us, sweep);
}

/* People who were deleted in the last days, those first whose letters were looked through least
 * far. */
MUST_CHECK static inline enum status store_gone_people(struct store *store, int64_t now_us,
                                                       struct gone_person out[], size_t max,
                                                       size_t *count)
{
    return store->ops->gone_people(store, now_us, out, max, count);
}

/* Dead letters were looked through for them up to the sequence `letters_to`. */
MUST_CHECK static inline enum status store_gone_seen(struct store *store,
                                                     const struct gone_person people[],
                                                     size_t count, int64_t letters_to)
{
    return store->ops->gone_seen(store, people, count, letters_to);
}

#endif
