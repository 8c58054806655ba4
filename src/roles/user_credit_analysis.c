/* SPDX-License-Identifier: Apache-2.0
 *
 * The credit analysis: features → risk → decision, for all requests that wait, step by step. Each
 * step is done for all whom the steps before left without an answer, by one call of its engine:
 *
 *   key       what was asked before, under this key, is answered the same
 *   state     the version of the person's features, and the decision that may still stand
 *   features  of that version from the cache; of the others from tiles, which are then cached
 *   repeat    where the decision stands it is the answer
 *   score     one by one
 *   record    in one transaction; each is answered as soon as it is known what became of it
 *
 * So a request that nothing new is known for costs one look into the cache and one into the
 * database. A person is once in a round: who asks twice is answered by what the first round made.
 */
#include <assert.h>
#include <stdio.h>

#include "auth/seal.h"
#include "process/log.h"
#include "process/metrics.h"
#include "roles/user_credit.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/features.h"
#include "store/store.h"
#include "wire/credit_json.h"
#include "wire/features_json.h"

enum {
    SNAPSHOT_MAX = 8192,
    CACHE_KEY_SIZE = 64,
    SCORING_US = 30000, /* of a round, about: with a slow model, more threads share the work */
    SCORE_WEIGHT = 8    /* of the average, to one more score */
};

/* One request. */
struct analysis {
    struct exchange *exchange; /* NULL: it is answered */
    const struct policy *policy;
    char key[IDEMPOTENCY_KEY_MAX + 1];
    struct idempotency idempotency;
    struct credit_state *state;
    char cache_key[CACHE_KEY_SIZE];
    bool has_features;
    struct features_snapshot snapshot;
    struct decision decision; /* person and time; then features; then all */
    struct decision stands;
};

/* All requests of a round; those that wait for an answer come first. */
struct round {
    struct role_context *context;
    struct analysis *waiting[REQUESTS_AT_ONCE_MAX];
    size_t count;
    struct credit_state states[REQUESTS_AT_ONCE_MAX];
    struct decision_record records[REQUESTS_AT_ONCE_MAX]; /* in the order of `waiting` */
    struct analysis analyses[REQUESTS_AT_ONCE_MAX];
};

static void analysis_done(struct analysis *analysis)
{
    exchange_done(analysis->exchange);
    analysis->exchange = NULL;
}

static void analysis_failed(struct analysis *analysis, enum status status)
{
    answer_failed(&analysis->exchange->response, status, "User not found.");
    analysis_done(analysis);
}

/* Between two steps: who was answered waits no longer. */
static void round_close_up(struct round *round)
{
    size_t count = round->count;
    round->count = 0;
    for (size_t i = 0; i < count; i++)
        if (round->waiting[i]->exchange != NULL)
            round->waiting[round->count++] = round->waiting[i];
}

/* What is cached is a tag, and then the snapshot that it holds for: whoever can write to the cache
 * cannot make one. */
static enum metric_label snapshot_open(const struct role_context *context, struct slice cached,
                                       const struct features_snapshot *wanted,
                                       struct features_snapshot *found)
{
    struct hash tag;
    struct slice text = {cached.data + HASH_SIZE, cached.size - HASH_SIZE};
    if (cached.size < HASH_SIZE)
        return LABEL_forged;
    memcpy(tag.bytes, cached.data, HASH_SIZE);
    if (!seal_holds(context->settings->tokens, SEAL_FEATURES, &text, 1, &tag))
        return LABEL_forged;
    /* Sealed, but perhaps of another person, or of before something changed. */
    return features_snapshot_decode(text, found) == STATUS_OK &&
                   uuid_equal(&found->user_id, &wanted->user_id) &&
                   found->version == wanted->version && found->period_us == wanted->period_us
               ? LABEL_hit
               : LABEL_miss;
}

/* The features that the cache has, of the right person and version. */
static void cached_take(struct round *round)
{
    struct role_context *context = round->context;
    struct cache_item items[REQUESTS_AT_ONCE_MAX];
    struct buf found[REQUESTS_AT_ONCE_MAX];
    for (size_t i = 0; i < round->count; i++) {
        buf_init(&found[i], SNAPSHOT_MAX);
        items[i] = (struct cache_item){.key = round->waiting[i]->cache_key, .found = &found[i]};
    }
    cache_get_many(context->cache, items, round->count);
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        struct features_snapshot cached;
        enum metric_label result =
            items[i].status == STATUS_NOT_FOUND ? LABEL_miss
            : items[i].status != STATUS_OK      ? LABEL_error
            : found[i].overflowed
                ? LABEL_forged
                : snapshot_open(context, buf_slice(&found[i]), &analysis->snapshot, &cached);
        buf_free(&found[i]);
        metric_add(METRIC_feature_cache, result, 1);
        analysis->has_features = result == LABEL_hit;
        if (analysis->has_features)
            analysis->snapshot.features = cached.features;
    }
}

static void tiles_take(const struct uuid *user_id, int64_t version,
                       const struct person_tiles *tiles, void *context)
{
    const struct round *round = context;
    size_t place = 0;
    while (!uuid_equal(&round->waiting[place]->snapshot.user_id, user_id))
        place++;
    assert(place < round->count);
    struct features_snapshot *snapshot = &round->waiting[place]->snapshot;
    snapshot->version = version;
    snapshot->features = features_compute(tiles, snapshot->period_us);
    round->waiting[place]->has_features = true;
}

static void sealed_encode(const struct role_context *context,
                          const struct features_snapshot *snapshot, struct buf *sealed)
{
    struct buf text;
    buf_init(&text, SNAPSHOT_MAX);
    features_snapshot_encode(snapshot, &text);
    struct slice content = buf_slice(&text);
    struct hash tag = seal_make(context->settings->tokens, SEAL_FEATURES, &content, 1);
    buf_append(sealed, tag.bytes, HASH_SIZE);
    buf_append(sealed, content.data, content.size);
    buf_free(&text);
}

static void features_keep(const struct role_context *context, struct analysis *const computed[],
                          size_t count)
{
    struct cache_item items[REQUESTS_AT_ONCE_MAX];
    struct buf sealed[REQUESTS_AT_ONCE_MAX];
    for (size_t i = 0; i < count; i++) {
        buf_init(&sealed[i], SNAPSHOT_MAX);
        sealed_encode(context, &computed[i]->snapshot, &sealed[i]);
        items[i] =
            (struct cache_item){.key = computed[i]->cache_key, .value = buf_slice(&sealed[i])};
    }
    cache_set_many(context->cache, items, count, context->settings->feature_cache_life_us);
    for (size_t i = 0; i < count; i++) {
        if (items[i].status != STATUS_OK)
            metric_add(METRIC_feature_cache, LABEL_error, 1);
        buf_free(&sealed[i]);
    }
}

/* Of those whom the cache does not know. */
static void features_compute_missing(struct round *round)
{
    struct tiles_wanted wanted[REQUESTS_AT_ONCE_MAX];
    struct analysis *missing[REQUESTS_AT_ONCE_MAX];
    size_t missing_count = 0, computed = 0;
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        if (analysis->has_features)
            continue;
        wanted[missing_count] = (struct tiles_wanted){.user_id = analysis->snapshot.user_id,
                                                      .now_us = analysis->snapshot.period_us};
        missing[missing_count++] = analysis;
    }
    enum status status =
        store_tiles_read(round->context->store, wanted, missing_count, tiles_take, round);
    for (size_t i = 0; i < missing_count; i++) {
        if (status == STATUS_OK && missing[i]->has_features)
            missing[computed++] = missing[i];
        else
            analysis_failed(missing[i], status == STATUS_OK ? STATUS_NOT_FOUND : status);
    }
    features_keep(round->context, missing, computed);
}

/* Sets features and features_version of each decision. */
static void features_find(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        const struct decision *decision = &analysis->decision;
        char user_id[UUID_TEXT_SIZE];
        analysis->snapshot = (struct features_snapshot){
            .user_id = decision->user_id,
            .version = analysis->state->features_version,
            .period_us = features_period_us(decision->decided_at_us),
        };
        assert(analysis->snapshot.period_us <= decision->decided_at_us);
        uuid_format(&decision->user_id, user_id);
        snprintf(analysis->cache_key, sizeof analysis->cache_key, "user_features:%s", user_id);
    }
    cached_take(round);
    features_compute_missing(round);
    round_close_up(round);
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        analysis->decision.features = analysis->snapshot.features;
        analysis->decision.features_version = analysis->snapshot.version;
    }
}

static void answer_unscored(struct response *response, enum status status,
                            const struct score *score)
{
    bool overloaded = status == STATUS_TOO_MANY_REQUESTS;
    response_error(
        response, STATUS_UNAVAILABLE,
        overloaded ? "Credit analysis service is temporarily overloaded. Please try again later."
                   : "Credit analysis service is unavailable.");
    int64_t wait_us = overloaded ? score->retry_after_us : SECOND_US;
    response->retry_after_s =
        wait_us > SECOND_US ? (int)((wait_us + SECOND_US - 1) / SECOND_US) : 1;
}

static void answer_new(struct exchange *exchange, const struct decision *decision)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&decision->id, id);
    metric_add(METRIC_decisions, decision->approved ? LABEL_approved : LABEL_denied, 1);
    log_info("credit decided", LOG_TEXT("request_id", exchange->request.request_id),
             LOG_TEXT("decision_id", id),
             LOG_TEXT("result", decision->approved ? "approved" : "denied"));
    credit_analysis_encode(decision, &exchange->response.body);
}

static void answer_repeated(struct response *response, const struct decision *decision)
{
    metric_add(METRIC_decisions, LABEL_repeated, 1);
    credit_analysis_encode(decision, &response->body);
}

static void policy_tell(struct role_context *context, const struct policy *policy)
{
    char hash[HASH_TEXT_SIZE];
    if (hash_compare(&context->policy_told, &policy->hash) == 0)
        return;
    context->policy_told = policy->hash;
    hash_format(&policy->hash, hash);
    metric_tell(INFO_policy, hash);
}

/* Which policy fits a model may show only when it answers; it is then asked again, for the question
 * hangs on the policy. A service that answers by two policies in turn is unavailable. */
static enum status score_with(struct role_context *context, const struct request *request,
                              const struct features *features, const struct policy **policy,
                              struct score *score)
{
    for (int tries = 0; tries < 2; tries++) {
        const struct policy *asked_for = *policy;
        struct question question = decision_question(features, asked_for);
        question.request_id = request->request_id;
        question.traceparent = request->traceparent;
        enum status status = scorer_score(context->scorer, &question, score);
        if (status != STATUS_OK)
            return status;
        *policy = policy_choice_policy(&context->policies.choice, score->model);
        if (*policy == asked_for) {
            policy_tell(context, asked_for);
            return STATUS_OK;
        }
    }
    return STATUS_UNAVAILABLE;
}

static void score_noted(struct role_context *context, int64_t took_us)
{
    context->score_us = context->score_us == 0
                            ? took_us
                            : context->score_us + (took_us - context->score_us) / SCORE_WEIGHT;
}

/* Makes each decision, all but what the store adds; answers whom the model cannot score. */
static void scores_ask(struct round *round)
{
    struct role_context *context = round->context;
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        struct decision *decision = &analysis->decision;
        struct score score = {0};
        int64_t begun_us = clock_monotonic_us(context->clock);
        enum status status = score_with(context, &analysis->exchange->request, &decision->features,
                                        &analysis->policy, &score);
        score_noted(context, clock_monotonic_us(context->clock) - begun_us);
        if (status != STATUS_OK) {
            answer_unscored(&analysis->exchange->response, status, &score);
            analysis_done(analysis);
            continue;
        }
        struct uuid offer_id = entropy_uuid(context->entropy, decision->decided_at_us);
        decision->id = entropy_uuid(context->entropy, decision->decided_at_us);
        decision_make(decision, analysis->policy, &score, &offer_id);
        assert(decision->risk >= 0 && decision->risk <= MILLIONTHS);
        assert(decision->has_offer == decision->approved);
    }
    round_close_up(round);
}

static void recorded(struct decision_record *record, void *context)
{
    struct round *round = context;
    struct analysis *analysis = round->waiting[record - round->records];
    struct response *response = &analysis->exchange->response;
    if (record->status == STATUS_OK) {
        if (uuid_equal(&analysis->stands.id, &analysis->decision.id))
            answer_new(analysis->exchange, &analysis->stands);
        else
            answer_repeated(response, &analysis->stands);
    } else if (!answer_key_refused(response, record->status)) {
        answer_failed(response, record->status, "User not found.");
    }
    analysis_done(analysis);
}

static void decisions_record(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        round->records[i] = (struct decision_record){.decision = &analysis->decision,
                                                     .idempotency = &analysis->idempotency,
                                                     .stands = &analysis->stands};
    }
    if (round->count > 0)
        store_decisions_record(round->context->store, round->records, round->count, recorded,
                               round);
}

/* True if the request was answered under the same key before; so too if that cannot be asked. */
static bool answered_before(struct role_context *context, struct analysis *analysis)
{
    struct response *response = &analysis->exchange->response;
    if (analysis->idempotency.key == NULL)
        return false;
    enum status status = store_decision_by_key(context->store, &analysis->decision.user_id,
                                               &analysis->idempotency, &analysis->stands);
    if (status == STATUS_NOT_FOUND)
        return false;
    if (status == STATUS_OK)
        answer_repeated(response, &analysis->stands);
    else if (!answer_key_refused(response, status))
        answer_failed(response, status, "");
    return true;
}

static void keys_look(struct round *round)
{
    for (size_t i = 0; i < round->count; i++)
        if (answered_before(round->context, round->waiting[i]))
            analysis_done(round->waiting[i]);
    round_close_up(round);
}

static void states_read(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        round->waiting[i]->state = &round->states[i];
        round->states[i].user_id = round->waiting[i]->decision.user_id;
    }
    enum status status = store_credit_states(round->context->store, round->states, round->count);
    for (size_t i = 0; i < round->count; i++) {
        if (status != STATUS_OK || round->states[i].status != STATUS_OK)
            analysis_failed(round->waiting[i],
                            status != STATUS_OK ? status : round->states[i].status);
    }
    round_close_up(round);
}

static void standing_repeat(struct round *round)
{
    for (size_t i = 0; i < round->count; i++) {
        struct analysis *analysis = round->waiting[i];
        const struct decision *decision = &analysis->decision;
        const struct credit_state *state = analysis->state;
        struct hash inputs = decision_inputs(
            &decision->features, scorer_model(round->context->scorer), &analysis->policy->hash);
        if (analysis->idempotency.key != NULL || !state->has_decision ||
            !decision_still_stands(&state->last, &inputs, analysis->policy->cooling_off_us,
                                   decision->decided_at_us))
            continue;
        answer_repeated(&analysis->exchange->response, &state->last);
        analysis_done(analysis);
    }
    round_close_up(round);
}

static void round_run(struct round *round)
{
    keys_look(round);
    states_read(round);
    features_find(round);
    standing_repeat(round);
    scores_ask(round);
    decisions_record(round);
}

static void analysis_begin(struct analysis *analysis, struct exchange *exchange,
                           const struct policy *policy, int64_t now_us)
{
    const struct request *request = &exchange->request;
    analysis->exchange = exchange;
    analysis->policy = policy;
    slice_text(request->idempotency_key, analysis->key, sizeof analysis->key);
    analysis->idempotency = (struct idempotency){
        .key = analysis->key[0] == '\0' ? NULL : analysis->key,
        .request = hash_of((const struct slice[]){slice_of("credit-analysis"), request->body}, 2),
    };
    analysis->decision =
        (struct decision){.user_id = request->principal.user_id, .decided_at_us = now_us};
}

static bool is_in_round(const struct round *round, const struct uuid *user_id)
{
    for (size_t i = 0; i < round->count; i++)
        if (uuid_equal(&round->analyses[i].decision.user_id, user_id))
            return true;
    return false;
}

/* Takes one request of each person; the others move up. Returns how many these are. */
static size_t round_begin(struct round *round, struct exchange *exchanges[], size_t count)
{
    struct role_context *context = round->context;
    size_t left = 0;
    int64_t now_us = clock_now_us(context->clock);
    const struct policy *policy =
        policy_choice_policy(role_policies(context), scorer_model(context->scorer));
    round->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_in_round(round, &exchanges[i]->request.principal.user_id)) {
            exchanges[left++] = exchanges[i];
            continue;
        }
        struct analysis *analysis = &round->analyses[round->count];
        analysis_begin(analysis, exchanges[i], policy, now_us);
        round->waiting[round->count++] = analysis;
    }
    return left;
}

size_t user_credit_analyse(struct role_context *context, struct exchange *exchanges[], size_t count)
{
    struct round round;
    round.context = context;
    assert(count > 0 && count <= REQUESTS_AT_ONCE_MAX);
    while (count > 0) {
        count = round_begin(&round, exchanges, count);
        round_run(&round);
    }
    if (context->score_us <= SCORING_US / REQUESTS_AT_ONCE_MAX)
        return REQUESTS_AT_ONCE_MAX;
    return context->score_us >= SCORING_US ? 1 : (size_t)(SCORING_US / context->score_us);
}
