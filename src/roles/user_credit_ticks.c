/* SPDX-License-Identifier: Apache-2.0
 *
 * What user-credit does from time to time: it publishes the outbox, lets challengers see what was
 * decided, removes dead letters of people who were deleted, lets offers expire, and sweeps away
 * what has outlived its use.
 */
#include <assert.h>
#include <strings.h>

#include "process/log.h"
#include "process/metrics.h"
#include "roles/outbox.h"
#include "roles/user_credit.h"
#include "store/decisions.h"
#include "store/people.h"
#include "store/sweep.h"

enum { SHADOW_BATCH = 100, GONE_PEOPLE_BATCH = 64, GONE_LETTERS_BATCH = 64 };

/* Challengers see each decision after it was made, from the features that were recorded: they cost
 * no request any time, and never answer. The scratch of their tick, in which each takes one batch.
 */
struct shadow_batch {
    struct decision decisions[SHADOW_BATCH];
    struct shadow_decision shadows[SHADOW_BATCH];
};

/* Decisions are committed a little after their time, and looked for again for that long. */
static const int64_t late_us = MINUTE_US;
/* What was decided while no challenger was there is taken up from here on. */
static const int64_t catch_up_us = DAY_US;

/* A challenger without a policy of its own is decided by the one that fits its model. */
static const struct policy *policy_of(const struct challenger *challenger,
                                      const struct policy_choice *choice)
{
    return challenger->has_policy ? &challenger->policy
                                  : policy_choice_policy(choice, scorer_model(challenger->model));
}

static enum status score_one(const struct challenger *challenger, const struct policy *policy,
                             const struct decision *decision, struct shadow_decision *shadow)
{
    struct score score = shadow_decision_score(decision, policy);
    if (challenger->model != NULL) {
        struct question question = decision_question(&decision->features, policy);
        question.approve_to = -1;
        question.explain = false;
        enum status status = scorer_score(challenger->model, &question, &score);
        if (status != STATUS_OK)
            return status;
    }
    *shadow = shadow_decision_make(decision, challenger->name, policy, &score);
    metric_add(METRIC_shadow_decisions,
               shadow_decision_agrees(shadow, decision) ? LABEL_agrees : LABEL_differs, 1);
    return STATUS_OK;
}

static enum status score_batch(struct role_context *context, struct challenger *challenger)
{
    struct shadow_batch *batch = context->scratch;
    const struct policy *policy = policy_of(challenger, role_policies(context));
    int64_t now_us = clock_now_us(context->clock);
    size_t count;
    if (challenger->seen_us == 0)
        challenger->seen_us = now_us - catch_up_us;
    enum status status =
        store_shadow_pending(context->store, challenger->name, challenger->seen_us - late_us,
                             batch->decisions, SHADOW_BATCH, &count);
    assert(status != STATUS_OK || count <= SHADOW_BATCH);
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = score_one(challenger, policy, &batch->decisions[i], &batch->shadows[i]);
    if (status == STATUS_OK && count > 0)
        status = store_shadow_record(context->store, batch->shadows, count, now_us);
    if (status == STATUS_OK)
        challenger->seen_us =
            count == SHADOW_BATCH ? batch->decisions[count - 1].decided_at_us + late_us : now_us;
    return status;
}

static enum status challengers_score(struct role_context *context)
{
    struct challengers *challengers = context->challengers;
    enum status status = STATUS_OK;
    for (size_t i = 0; challengers != NULL && i < challengers->count && status == STATUS_OK; i++)
        status = score_batch(context, &challengers->list[i]);
    return status;
}

/* What the database holds of people who were deleted goes with them, by its triggers; what the bus
 * put aside of them, the dead letters, goes here. The scratch of the tick. */
struct gone_batch {
    struct gone_person people[GONE_PEOPLE_BATCH];
    struct bus_message letters[GONE_LETTERS_BATCH];
};

/* An event may be refused because it is no valid JSON: the id is looked for as text. */
static bool holds_id(struct slice payload, const struct uuid *user_id)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(user_id, id);
    for (size_t at = 0; at + UUID_TEXT_SIZE - 1 <= payload.size; at++)
        if (strncasecmp(payload.data + at, id, UUID_TEXT_SIZE - 1) == 0)
            return true;
    return false;
}

static bool is_of_one(const struct gone_batch *batch, size_t people,
                      const struct bus_message *letter)
{
    for (size_t i = 0; i < people; i++)
        if (holds_id(letter->payload, &batch->people[i].user_id))
            return true;
    return false;
}

/* Removes letters behind `*seen`, which moves on; those looked at twice do no harm. */
static enum status letters_remove(struct bus *bus, struct gone_batch *batch, size_t people,
                                  int64_t *seen)
{
    size_t count, removed = 0;
    enum status status = bus_read(bus, STREAM_DEAD_LETTERS, (uint64_t)*seen + 1, batch->letters,
                                  GONE_LETTERS_BATCH, &count);
    if (status != STATUS_OK)
        return status;
    assert(count <= GONE_LETTERS_BATCH);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (is_of_one(batch, people, &batch->letters[i])) {
            status = bus_remove(bus, STREAM_DEAD_LETTERS, batch->letters[i].sequence);
            removed += status == STATUS_OK;
            if (status == STATUS_NOT_FOUND) /* put back, or removed by another process */
                status = STATUS_OK;
        }
        if (status == STATUS_OK)
            *seen = (int64_t)batch->letters[i].sequence;
    }
    assert(removed <= count);
    bus_read_free(bus, batch->letters, count);
    if (removed > 0)
        log_info("dead letters of deleted people removed", LOG_INTEGER("count", (int64_t)removed));
    return status;
}

/* Looks at some dead letters, and removes those that hold the id of somebody who is gone. Events
 * that were on their way are refused later, so each person is looked for until nothing of theirs
 * can be left on a stream. */
static enum status gone_people_follow(struct role_context *context)
{
    struct gone_batch *batch = context->scratch;
    size_t people;
    enum status status = store_gone_people(context->store, clock_now_us(context->clock),
                                           batch->people, GONE_PEOPLE_BATCH, &people);
    if (status != STATUS_OK || people == 0)
        return status;
    assert(people <= GONE_PEOPLE_BATCH);
    int64_t seen = batch->people[0].letters_to, before = seen; /* of all the least */
    status = letters_remove(context->bus, batch, people, &seen);
    if (seen == before)
        return status;
    enum status kept = store_gone_seen(context->store, batch->people, people, seen);
    return status == STATUS_OK ? kept : status;
}

static enum status offers_expire(struct role_context *context)
{
    int64_t expired = 0;
    enum status status = store_offers_expire(context->store, clock_now_us(context->clock),
                                             clock_machine_us(context->clock), &expired);
    assert(expired >= 0);
    if (status == STATUS_OK && expired > 0)
        log_info("offers expired", LOG_INTEGER("count", expired));
    return status;
}

enum sweep_state { SWEEP_WHOLE, SWEEP_HELD_BACK, SWEEP_REFUSED };

/* What was removed, table by table. */
static void sweep_tell(const struct sweep *sweep)
{
    static const char *const tables[SWEPT_COUNT] = {
        [SWEPT_EMOTIONS] = "emotions",
        [SWEPT_TRANSACTIONS] = "transactions",
        [SWEPT_KEYS] = "event_keys",
        [SWEPT_REFRESH_TOKENS] = "refresh_tokens",
        [SWEPT_DECISION_KEYS] = "decision_keys",
        [SWEPT_SUBMISSION_KEYS] = "submission_keys",
        [SWEPT_LOGIN_FAILURES] = "login_failures",
    };
    struct log_field fields[SWEPT_COUNT];
    for (int i = 0; i < SWEPT_COUNT; i++) {
        metric_add(METRIC_swept, metric_label_of(tables[i]), sweep->removed[i]);
        fields[i] = LOG_INTEGER(tables[i], sweep->removed[i]);
    }
    log_write(LOG_INFO, "swept", fields, SWEPT_COUNT);
    if (sweep->held_back)
        log_warn("more is due to be removed than one sweep may",
                 LOG_INTEGER("percent_max", SWEEP_SHARE_PERCENT));
}

static enum status retention_sweep(struct role_context *context)
{
    struct sweep sweep;
    enum status status =
        store_sweep(context->store, clock_now_us(context->clock), clock_machine_us(context->clock),
                    context->settings->raw_life_us, &sweep);
    if (sweep.answer == RETENTION_SKEWED)
        log_error("nothing is swept: the clocks of this process and of the database differ",
                  LOG_INTEGER("ahead_s", sweep.skew_us / SECOND_US),
                  LOG_INTEGER("allowed_s", SWEEP_SKEW_US_MAX / SECOND_US));
    if (sweep.answer == RETENTION_JUMPED)
        log_error("nothing is swept: the database's clock is far ahead of the last sweep's",
                  LOG_INTEGER("ahead_s", sweep.jump_us / SECOND_US),
                  LOG_INTEGER("allowed_s", SWEEP_JUMP_US_MAX / SECOND_US));
    if (sweep.answer == RETENTION_DUE)
        sweep_tell(&sweep);
    if (sweep.answer == RETENTION_NOT_DUE &&
        metric_value(METRIC_sweep_state, LABEL_NONE) == SWEEP_REFUSED)
        metric_set(METRIC_sweep_state, LABEL_NONE, SWEEP_WHOLE); /* the clock was put right */
    bool refused = sweep.answer == RETENTION_SKEWED || sweep.answer == RETENTION_JUMPED;
    if (status == STATUS_OK && sweep.answer != RETENTION_NOT_DUE)
        metric_set(METRIC_sweep_state, LABEL_NONE,
                   refused           ? SWEEP_REFUSED
                   : sweep.held_back ? SWEEP_HELD_BACK
                                     : SWEEP_WHOLE);
    return status;
}

const struct tick_step user_credit_ticks[USER_CREDIT_TICKS] = {
    {"outbox", OUTBOX_PERIOD_US, sizeof(struct outbox_batch), outbox_relay},
    {"challengers", SECOND_US, sizeof(struct shadow_batch), challengers_score},
    {"gone_people", SECOND_US, sizeof(struct gone_batch), gone_people_follow},
    {"expiry", 10 * SECOND_US, 0, offers_expire},
    /* Clocks are compared each time; rows go once an hour. */
    {"sweep", 10 * MINUTE_US, 0, retention_sweep},
};
