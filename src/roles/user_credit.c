/* SPDX-License-Identifier: Apache-2.0
 *
 * Role user-credit: people, their sessions, credit analyses, offers and notifications. Here are its
 * endpoints, and what it is for, the analysis: features → risk → decision. A request that nothing
 * new is known for is answered by the decision that stands: one look into the cache and one into
 * the database.
 */
#include <assert.h>
#include <stdio.h>

#include "auth/seal.h"
#include "base/json_put.h"
#include "process/log.h"
#include "process/metrics.h"
#include "roles/user_credit.h"
#include "store/decisions.h"
#include "store/events.h"
#include "store/features.h"
#include "store/store.h"
#include "wire/credit_json.h"
#include "wire/features_json.h"

enum { SNAPSHOT_MAX = 8192, CACHE_KEY_SIZE = 64 };

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

static bool features_cached(struct role_context *context, const char *key,
                            const struct features_snapshot *wanted, struct features *features)
{
    struct features_snapshot found;
    struct buf cached;
    buf_init(&cached, SNAPSHOT_MAX);
    enum status status = cache_get(context->cache, key, &cached);
    enum metric_label result = status == STATUS_NOT_FOUND ? LABEL_miss
                               : status != STATUS_OK      ? LABEL_error
                               : cached.overflowed
                                   ? LABEL_forged
                                   : snapshot_open(context, buf_slice(&cached), wanted, &found);
    buf_free(&cached);
    metric_add(METRIC_feature_cache, result, 1);
    if (result == LABEL_hit)
        *features = found.features;
    return result == LABEL_hit;
}

static void features_keep(struct role_context *context, const char *key,
                          const struct features_snapshot *snapshot)
{
    struct buf text, cached;
    buf_init(&text, SNAPSHOT_MAX);
    buf_init(&cached, SNAPSHOT_MAX);
    features_snapshot_encode(snapshot, &text);
    struct slice content = buf_slice(&text);
    struct hash tag = seal_make(context->settings->tokens, SEAL_FEATURES, &content, 1);
    buf_append(&cached, tag.bytes, HASH_SIZE);
    buf_append(&cached, content.data, content.size);
    if (cache_set(context->cache, key, buf_slice(&cached),
                  context->settings->feature_cache_life_us) != STATUS_OK)
        metric_add(METRIC_feature_cache, LABEL_error, 1);
    buf_free(&cached);
    buf_free(&text);
}

/* The person's features as of now, from the cache if it has those of this version. Sets
 * features and features_version of the decision. */
static enum status features_of(struct role_context *context, int64_t version,
                               struct decision *decision)
{
    char key[CACHE_KEY_SIZE], user_id[UUID_TEXT_SIZE];
    struct features_snapshot snapshot = {
        .user_id = decision->user_id,
        .version = version,
        .period_us = features_period_us(decision->decided_at_us),
    };
    assert(snapshot.period_us <= decision->decided_at_us);
    uuid_format(&decision->user_id, user_id);
    snprintf(key, sizeof key, "user_features:%s", user_id);
    decision->features_version = version;
    if (features_cached(context, key, &snapshot, &decision->features))
        return STATUS_OK;
    struct person_tiles tiles;
    enum status status = store_tiles_read(context->store, &decision->user_id, snapshot.period_us,
                                          &snapshot.version, &tiles);
    if (status != STATUS_OK)
        return status;
    snapshot.features = features_compute(&tiles, snapshot.period_us);
    features_keep(context, key, &snapshot);
    decision->features = snapshot.features;
    decision->features_version = snapshot.version;
    return STATUS_OK;
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

/* Scores, decides and records; `decision` has person, time and features. */
static void decide(struct role_context *context, struct exchange *exchange,
                   const struct policy *policy, struct decision *decision,
                   const struct idempotency *idempotency)
{
    struct response *response = &exchange->response;
    struct score score = {0};
    struct decision stands;
    enum status status =
        score_with(context, &exchange->request, &decision->features, &policy, &score);
    if (status != STATUS_OK) {
        answer_unscored(response, status, &score);
        return;
    }
    int64_t now_us = decision->decided_at_us;
    struct uuid offer_id = entropy_uuid(context->entropy, now_us);
    decision->id = entropy_uuid(context->entropy, now_us);
    decision_make(decision, policy, &score, &offer_id);
    assert(decision->risk >= 0 && decision->risk <= MILLIONTHS);
    assert(decision->has_offer == decision->approved);
    status = store_decision_record(context->store, decision, idempotency, &stands);
    if (answer_key_refused(response, status))
        return;
    if (status != STATUS_OK)
        answer_failed(response, status, "User not found.");
    else if (uuid_equal(&stands.id, &decision->id))
        answer_new(exchange, &stands);
    else
        answer_repeated(response, &stands);
}

/* True if the request was answered under the same key before; so too if that cannot be asked. */
static bool answered_before(struct role_context *context, struct exchange *exchange,
                            const struct idempotency *idempotency)
{
    struct response *response = &exchange->response;
    struct decision decision;
    if (idempotency->key == NULL)
        return false;
    enum status status = store_decision_by_key(context->store, &exchange->request.principal.user_id,
                                               idempotency, &decision);
    if (status == STATUS_NOT_FOUND)
        return false;
    if (status == STATUS_OK)
        answer_repeated(response, &decision);
    else if (!answer_key_refused(response, status))
        answer_failed(response, status, "");
    return true;
}

static void user_credit_analyse(struct role_context *context, struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    const struct policy *policy =
        policy_choice_policy(role_policies(context), scorer_model(context->scorer));
    char key[IDEMPOTENCY_KEY_MAX + 1];
    slice_text(request->idempotency_key, key, sizeof key);
    struct idempotency idempotency = {
        .key = key[0] == '\0' ? NULL : key,
        .request = hash_of((const struct slice[]){slice_of("credit-analysis"), request->body}, 2),
    };
    if (answered_before(context, exchange, &idempotency))
        return;
    struct credit_state state;
    struct decision decision = {.user_id = request->principal.user_id,
                                .decided_at_us = clock_now_us(context->clock)};
    enum status status = store_credit_state(context->store, &decision.user_id, &state);
    if (status == STATUS_OK)
        status = features_of(context, state.features_version, &decision);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "User not found.");
        return;
    }
    struct hash inputs =
        decision_inputs(&decision.features, scorer_model(context->scorer), &policy->hash);
    if (idempotency.key == NULL && state.has_decision &&
        decision_still_stands(&state.last, &inputs, policy->cooling_off_us, decision.decided_at_us))
        answer_repeated(&exchange->response, &state.last);
    else
        decide(context, exchange, policy, &decision, &idempotency);
}

static void user_credit_decisions(struct role_context *context, struct exchange *exchange)
{
    struct buf *json = &exchange->response.body;
    struct decision decisions[PAGE_SIZE_MAX];
    struct page page;
    size_t count;
    int64_t total;
    if (!answer_page_read(&exchange->request, &page, &exchange->response))
        return;
    enum status status = store_decisions_list(context->store, &exchange->request.principal.user_id,
                                              page, decisions, &count, &total);
    if (status != STATUS_OK) {
        answer_failed(&exchange->response, status, "");
        return;
    }
    answer_page_open(&page, total, json);
    for (size_t i = 0; i < count; i++)
        credit_decision_encode(&decisions[i], json);
    json_put_ends(json, "]}");
}

static void user_credit_decision(struct role_context *context, struct exchange *exchange)
{
    const struct request *request = &exchange->request;
    struct slice text = request->path_parameters[0];
    struct decision decision;
    struct uuid id;
    enum status status = STATUS_NOT_FOUND;
    if (uuid_parse(text.data, text.size, &id) == STATUS_OK)
        status = store_decision_read(context->store, &id, &request->principal.user_id, &decision);
    if (status == STATUS_OK)
        credit_decision_encode(&decision, &exchange->response.body);
    else
        answer_failed(&exchange->response, status, "Decision not found.");
}

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/auth/register",
        .auth = AUTH_NONE,
        .hashes = true,
        .handle = user_credit_register,
        .summary = "Register a person.",
        .request_schema = "openapi/credentials.json",
        .response_schema = "openapi/user.json",
        .errors = "409",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/login",
        .auth = AUTH_NONE,
        .hashes = true,
        .handle = user_credit_login,
        .summary = "Begin a session.",
        .request_schema = "openapi/login.json",
        .response_schema = "openapi/session.json",
        .errors = "401",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/refresh",
        .auth = AUTH_NONE,
        .handle = user_credit_refresh,
        .summary = "Use up a refresh token for new tokens.",
        .request_schema = "openapi/refresh.json",
        .response_schema = "openapi/session.json",
        .errors = "401",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/logout",
        .auth = AUTH_USER,
        .handle = user_credit_logout,
        .summary = "Revoke all access and refresh tokens of the person that were issued before.",
        .response_schema = "openapi/status.json",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}",
        .auth = AUTH_USER,
        .handle = user_credit_account,
        .summary = "A person and their active credit line.",
        .response_schema = "openapi/profile.json",
        .errors = "404",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/users/{user_id}/credit-analysis",
        .auth = AUTH_USER,
        .keyed = true,
        .handle = user_credit_analyse,
        .summary = "Decide credit on what is known now, or repeat the decision that stands.",
        .response_schema = "openapi/analysis.json",
        .errors = "404 422",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/decisions",
        .auth = AUTH_USER,
        .paged = true,
        .handle = user_credit_decisions,
        .summary = "Decisions about a person, newest first.",
        .response_schema = "openapi/decisions.json",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/decisions/{decision_id}",
        .auth = AUTH_USER,
        .handle = user_credit_decision,
        .summary = "A decision and what it was made from.",
        .response_schema = "openapi/decision.json",
        .errors = "404",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/offers",
        .auth = AUTH_USER,
        .paged = true,
        .handle = user_credit_offers,
        .summary = "Offers to a person, newest first.",
        .response_schema = "openapi/offers.json",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/credit-offers/{offer_id}/accept",
        .auth = AUTH_USER,
        .handle = user_credit_accept,
        .summary = "Accept an open offer; its line becomes active soon after.",
        .request_schema = "openapi/acceptance.json",
        .success = 202,
        .response_schema = "openapi/status.json",
        .errors = "403 404",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/notifications",
        .auth = AUTH_USER,
        .resumed = true,
        .handle = user_credit_notifications,
        .summary = "Up to 100 notifications of a person, oldest first.",
        .response_schema = "openapi/notifications.json",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/notifications/stream",
        .auth = AUTH_USER,
        .kind = ENDPOINT_EVENTS,
        .handle = user_credit_notification_stream,
        .summary = "Notifications of a person as they come, as Server-Sent Events.",
    },
};

const struct role role_user_credit = {
    .name = "user-credit",
    .summary = "answers people: accounts, credit analyses, offers, notifications",
    .uses = USES_BUS | USES_STORE | USES_CACHE | USES_SCORER | USES_CHALLENGERS,
    .endpoints = endpoints,
    .endpoint_count = sizeof endpoints / sizeof endpoints[0],
    .ticks = user_credit_ticks,
    .tick_count = USER_CREDIT_TICKS,
};
