/* SPDX-License-Identifier: Apache-2.0
 *
 * Role user-credit: people, their sessions, credit analyses, offers and notifications. Here are its
 * endpoints, and what it tells of decisions.
 */
#include "roles/user_credit.h"
#include "base/json_put.h"
#include "store/decisions.h"
#include "store/store.h"
#include "wire/credit_json.h"

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
        .handle_batch = user_credit_analyse,
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
        .handle_batch = user_credit_accept,
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
