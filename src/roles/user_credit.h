/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of role user-credit: handlers of its endpoints (user_credit.c has the table). A handler
 * runs on a pool thread and may block.
 */
#ifndef ECS_ROLES_USER_CREDIT_H
#define ECS_ROLES_USER_CREDIT_H

#include "ports/endpoint.h"
#include "roles/answers.h"
#include "roles/role.h"

/* user_credit_accounts.c */
void user_credit_register(struct role_context *context, struct exchange *exchange);
void user_credit_account(struct role_context *context, struct exchange *exchange);
void user_credit_login(struct role_context *context, struct exchange *exchange);
void user_credit_refresh(struct role_context *context, struct exchange *exchange);
void user_credit_logout(struct role_context *context, struct exchange *exchange);

/* user_credit_analysis.c */
size_t user_credit_analyse(struct role_context *context, struct exchange *exchanges[],
                           size_t count);

/* user_credit_offers.c */
void user_credit_offers(struct role_context *context, struct exchange *exchange);
size_t user_credit_accept(struct role_context *context, struct exchange *exchanges[], size_t count);
void user_credit_notifications(struct role_context *context, struct exchange *exchange);
void user_credit_notification_stream(struct role_context *context, struct exchange *exchange);

/* user_credit_ticks.c */
enum { USER_CREDIT_TICKS = 5 };
extern const struct tick_step user_credit_ticks[USER_CREDIT_TICKS];

#endif
