/* SPDX-License-Identifier: Apache-2.0
 *
 * Role user-credit: people, their sessions, credit analyses, offers and notifications.
 */
#include "roles/user_credit.h"

#include "roles/features_schema.h"

#define UUID_SCHEMA "{\"type\":\"string\",\"format\":\"uuid\"}"
#define TIME_SCHEMA "{\"type\":\"string\",\"format\":\"date-time\"}"
#define TEXT_SCHEMA "{\"type\":\"string\"}"
#define NUMBER_SCHEMA "{\"type\":\"number\"}"
#define LIST_SCHEMA(item) "{\"type\":\"array\",\"items\":" item "}"
#define PAGE_SCHEMA(item)                                                                          \
    "{\"type\":\"object\",\"required\":[\"total\",\"page\",\"page_size\",\"items\"],"              \
    "\"properties\":{\"total\":{\"type\":\"integer\"},\"page\":{\"type\":\"integer\"},"            \
    "\"page_size\":{\"type\":\"integer\"},\"items\":" LIST_SCHEMA(item) "}}"

static const char credentials_schema[] =
    "{\"type\":\"object\",\"required\":[\"email\",\"password\"],\"properties\":{"
    "\"email\":{\"type\":\"string\",\"format\":\"email\",\"maxLength\":254},"
    "\"password\":{\"type\":\"string\",\"minLength\":8,\"maxLength\":128}}}";

static const char login_schema[] =
    "{\"type\":\"object\",\"required\":[\"email\",\"password\"],\"properties\":{"
    "\"email\":{\"type\":\"string\",\"format\":\"email\",\"maxLength\":254},"
    "\"password\":{\"type\":\"string\"}}}";

#define USER_MEMBERS                                                                               \
    "\"id\":" UUID_SCHEMA ",\"email\":{\"type\":\"string\",\"format\":\"email\"},"                 \
    "\"created_at\":" TIME_SCHEMA ",\"updated_at\":" TIME_SCHEMA

static const char user_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"email\",\"created_at\",\"updated_at\"],"
    "\"properties\":{" USER_MEMBERS "}}";

static const char profile_schema[] =
    "{\"type\":\"object\",\"required\":[\"id\",\"email\",\"credit_line\"],\"properties\":"
    "{" USER_MEMBERS ",\"credit_line\":{\"type\":[\"object\",\"null\"],\"properties\":{"
    "\"offer_id\":" UUID_SCHEMA ",\"credit_limit\":" NUMBER_SCHEMA
    ",\"interest_rate\":" NUMBER_SCHEMA ",\"credit_type\":" TEXT_SCHEMA
    ",\"activated_at\":" TIME_SCHEMA "}}}}";

static const char session_schema[] =
    "{\"type\":\"object\",\"required\":[\"access_token\",\"token_type\",\"expires_in\","
    "\"refresh_token\"],\"properties\":{\"access_token\":" TEXT_SCHEMA
    ",\"token_type\":{\"const\":\"bearer\"},\"expires_in\":{\"type\":\"integer\","
    "\"description\":\"seconds\"},\"refresh_token\":" TEXT_SCHEMA "}}";

static const char refresh_schema[] =
    "{\"type\":\"object\",\"required\":[\"refresh_token\"],\"properties\":{\"refresh_token\":"
    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":128}}}";

static const char status_schema[] =
    "{\"type\":\"object\",\"required\":[\"status\"],\"properties\":{\"status\":" TEXT_SCHEMA "}}";

#define NEAREST_SCHEMA                                                                             \
    "{\"type\":[\"object\",\"null\"],\"properties\":{\"change\":{\"enum\":[\"spend_less\",\"earn_" \
    "more\"]},"                                                                                    \
    "\"percent\":{\"type\":\"integer\"},\"risk_score\":" NUMBER_SCHEMA ",\"text\":" TEXT_SCHEMA    \
    "}}"

#define ANALYSIS_MEMBERS                                                                           \
    "\"user_id\":" UUID_SCHEMA ",\"approved\":{\"type\":\"boolean\"},"                             \
    "\"ml_risk_score\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"                         \
    "\"offer\":{\"type\":[\"object\",\"null\"],\"properties\":{\"offer_id\":" UUID_SCHEMA          \
    ",\"credit_limit\":" NUMBER_SCHEMA ",\"interest_rate\":" NUMBER_SCHEMA                         \
    ",\"credit_type\":" TEXT_SCHEMA ",\"expires_at\":" TIME_SCHEMA "}},"                           \
    "\"reason\":{\"type\":[\"string\",\"null\"]},\"reasons\":" LIST_SCHEMA(                        \
        TEXT_SCHEMA) ",\"nearest_approval\":" NEAREST_SCHEMA ",\"decision_id\":" UUID_SCHEMA       \
                     ",\"credit_type\":{\"type\":[\"string\",\"null\"]}"

static const char analysis_schema[] =
    "{\"type\":\"object\",\"required\":[\"user_id\",\"approved\",\"ml_risk_score\",\"offer\","
    "\"reason\",\"reasons\",\"nearest_approval\",\"decision_id\",\"credit_type\"],\"properties\":"
    "{" ANALYSIS_MEMBERS "}}";

#define DECISION_SCHEMA                                                                            \
    "{\"type\":\"object\",\"properties\":{" ANALYSIS_MEMBERS ",\"decided_at\":" TIME_SCHEMA        \
    ",\"model\":" TEXT_SCHEMA ",\"policy\":" TEXT_SCHEMA                                           \
    ",\"basis\":{\"enum\":[\"full\",\"financial\"]},\"emotions_known\":{\"type\":\"boolean\"},"    \
    "\"risk_score_full\":" NUMBER_SCHEMA ",\"risk_score_financial\":" NUMBER_SCHEMA                \
    ",\"factors\":" LIST_SCHEMA(                                                                   \
        "{\"type\":\"object\",\"properties\":{\"code\":" TEXT_SCHEMA ",\"en\":" TEXT_SCHEMA        \
        ",\"pt\":" TEXT_SCHEMA ",\"weight\":" NUMBER_SCHEMA                                        \
        "}}") ",\"entry\":" TEXT_SCHEMA ",\"features\":" FEATURES_SCHEMA_TEXT "}}"

static const char decision_schema[] = DECISION_SCHEMA;
static const char decisions_schema[] = PAGE_SCHEMA(DECISION_SCHEMA);

static const char offers_schema[] = PAGE_SCHEMA(
    "{\"type\":\"object\",\"properties\":{\"offer_id\":" UUID_SCHEMA ",\"status\":{\"enum\":["
    "\"offered\",\"accepted\",\"active\",\"expired\",\"superseded\"]},"
    "\"credit_limit\":" NUMBER_SCHEMA ",\"interest_rate\":" NUMBER_SCHEMA
    ",\"created_at\":" TIME_SCHEMA ",\"expires_at\":" TIME_SCHEMA "}}");

static const char acceptance_schema[] =
    "{\"type\":\"object\",\"required\":[\"userId\"],\"properties\":{\"userId\":" UUID_SCHEMA "}}";

static const char notifications_schema[] =
    "{\"type\":\"object\",\"required\":[\"items\"],\"properties\":{\"items\":" LIST_SCHEMA(
        "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"type\":" TEXT_SCHEMA
        ",\"title\":" TEXT_SCHEMA ",\"message\":" TEXT_SCHEMA ",\"offer_id\":" UUID_SCHEMA
        ",\"created_at\":" TIME_SCHEMA "}}") "}}";

static const struct endpoint endpoints[] = {
    {
        .method = METHOD_POST,
        .path = "/v1/auth/register",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .hashes = true,
        .handle = user_credit_register,
        .summary = "Register a person.",
        .request_schema = credentials_schema,
        .success = 200,
        .response_schema = user_schema,
        .errors = "409",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/login",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .hashes = true,
        .handle = user_credit_login,
        .summary = "Begin a session.",
        .request_schema = login_schema,
        .success = 200,
        .response_schema = session_schema,
        .errors = "401",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/refresh",
        .auth = AUTH_NONE,
        .kind = ENDPOINT_BLOCKING,
        .handle = user_credit_refresh,
        .summary = "Use up a refresh token for new tokens.",
        .request_schema = refresh_schema,
        .success = 200,
        .response_schema = session_schema,
        .errors = "401",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/auth/logout",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .handle = user_credit_logout,
        .summary = "Revoke all access and refresh tokens of the person that were issued before.",
        .success = 200,
        .response_schema = status_schema,
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .handle = user_credit_account,
        .summary = "A person and their active credit line.",
        .success = 200,
        .response_schema = profile_schema,
        .errors = "404",
    },
    {
        .method = METHOD_POST,
        .path = "/v1/users/{user_id}/credit-analysis",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .keyed = true,
        .handle = user_credit_analyse,
        .summary = "Decide credit on what is known now, or repeat the decision that stands.",
        .success = 200,
        .response_schema = analysis_schema,
        .errors = "404 422",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/decisions",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .paged = true,
        .handle = user_credit_decisions,
        .summary = "Decisions about a person, newest first.",
        .success = 200,
        .response_schema = decisions_schema,
    },
    {
        .method = METHOD_GET,
        .path = "/v1/decisions/{decision_id}",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .handle = user_credit_decision,
        .summary = "A decision and what it was made from.",
        .success = 200,
        .response_schema = decision_schema,
        .errors = "404",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/offers",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .paged = true,
        .handle = user_credit_offers,
        .summary = "Offers to a person, newest first.",
        .success = 200,
        .response_schema = offers_schema,
    },
    {
        .method = METHOD_POST,
        .path = "/v1/credit-offers/{offer_id}/accept",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .handle = user_credit_accept,
        .summary = "Accept an open offer; its line becomes active soon after.",
        .request_schema = acceptance_schema,
        .success = 202,
        .response_schema = status_schema,
        .errors = "403 404",
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/notifications",
        .auth = AUTH_USER,
        .kind = ENDPOINT_BLOCKING,
        .resumed = true,
        .handle = user_credit_notifications,
        .summary = "Up to 100 notifications of a person, oldest first.",
        .success = 200,
        .response_schema = notifications_schema,
    },
    {
        .method = METHOD_GET,
        .path = "/v1/users/{user_id}/notifications/stream",
        .auth = AUTH_USER,
        .kind = ENDPOINT_EVENTS,
        .handle = user_credit_notification_stream,
        .summary = "Notifications of a person as they come, as Server-Sent Events.",
        .success = 200,
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
