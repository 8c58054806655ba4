/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of role user-credit: handlers of its endpoints (user_credit.c has the table) and what
 * they share. A handler runs on a pool thread and may block.
 */
#ifndef ECS_ROLES_USER_CREDIT_H
#define ECS_ROLES_USER_CREDIT_H

#include "ports/endpoint.h"
#include "roles/role.h"
#include "wire/field_errors.h"

struct page;

/* user_credit_accounts.c */
void account_register(struct role_context *context, struct exchange *exchange);
void account_read(struct role_context *context, struct exchange *exchange);

/* user_credit_sessions.c */
void session_login(struct role_context *context, struct exchange *exchange);
void session_refresh(struct role_context *context, struct exchange *exchange);
void session_logout(struct role_context *context, struct exchange *exchange);

/* user_credit_analysis.c */
void credit_analyse(struct role_context *context, struct exchange *exchange);
void decision_list(struct role_context *context, struct exchange *exchange);
void decision_get(struct role_context *context, struct exchange *exchange);

/* user_credit_offers.c */
void offer_list(struct role_context *context, struct exchange *exchange);
void offer_accept(struct role_context *context, struct exchange *exchange);

/* user_credit_notifications.c */
void notification_list(struct role_context *context, struct exchange *exchange);
void notification_stream(struct role_context *context, struct exchange *exchange);

/* user_credit_sweep.c */
enum status offers_sweep(struct role_context *context);
enum status retention_sweep(struct role_context *context);

/* user_credit_answers.c */

/* What a decoder refused: 400 with `reason` if it was MALFORMED, 422 with `errors` if INVALID. */
void answer_refused(struct response *response, enum status status,
                    const struct field_errors *errors, const char *reason);
/* A call of the store or a port failed: 503 with Retry-After, or `missing` as a 404 if it was
 * NOT_FOUND. */
void answer_failed(struct response *response, enum status status, const char *missing);
/* 429 with Retry-After. */
void answer_limited(struct response *response, const char *detail, int64_t retry_after_us);

/* The page that a request asks for; false, with the 422 written, if it is out of range. */
bool page_read(const struct request *request, struct page *page, struct response *response);
/* Opens {total, page, page_size, items: [ and closes it. */
void page_open(const struct page *page, int64_t total, struct buf *json);
void page_close(struct buf *json);

#endif
