/* SPDX-License-Identifier: Apache-2.0
 *
 * What is over and what has outlived its use: offers expire, old rows go. Both tell how many.
 */
#include "base/log.h"
#include "base/metrics.h"
#include "roles/user_credit.h"
#include "store/sweep.h"

enum status user_credit_offers_sweep(struct role_context *context)
{
    int64_t expired = 0;
    enum status status = store_offers_expire(context->store, clock_now_us(context->clock),
                                             clock_machine_us(context->clock), &expired);
    if (status == STATUS_OK && expired > 0)
        log_info("offers expired", LOG_INTEGER("count", expired));
    return status;
}

enum sweep_state { SWEEP_WHOLE, SWEEP_HELD_BACK, SWEEP_REFUSED };

/* What was removed, table by table. */
static void sweep_tell(const struct sweep *sweep)
{
    static const enum metric_label labels[SWEPT_COUNT] = {
        [SWEPT_EMOTIONS] = LABEL_emotions,
        [SWEPT_TRANSACTIONS] = LABEL_transactions,
        [SWEPT_KEYS] = LABEL_event_keys,
        [SWEPT_REFRESH_TOKENS] = LABEL_refresh_tokens,
        [SWEPT_DECISION_KEYS] = LABEL_decision_keys,
        [SWEPT_SUBMISSION_KEYS] = LABEL_submission_keys,
        [SWEPT_LOGIN_FAILURES] = LABEL_login_failures,
    };
    for (int i = 0; i < SWEPT_COUNT; i++)
        metric_add(METRIC_swept, labels[i], sweep->removed[i]);
    log_info("swept", LOG_INTEGER("emotions", sweep->removed[SWEPT_EMOTIONS]),
             LOG_INTEGER("transactions", sweep->removed[SWEPT_TRANSACTIONS]),
             LOG_INTEGER("event_keys", sweep->removed[SWEPT_KEYS]),
             LOG_INTEGER("decision_keys", sweep->removed[SWEPT_DECISION_KEYS]),
             LOG_INTEGER("submission_keys", sweep->removed[SWEPT_SUBMISSION_KEYS]),
             LOG_INTEGER("refresh_tokens", sweep->removed[SWEPT_REFRESH_TOKENS]),
             LOG_INTEGER("login_failures", sweep->removed[SWEPT_LOGIN_FAILURES]));
    if (sweep->held_back)
        log_warn("more is due to be removed than one sweep may",
                 LOG_INTEGER("percent_max", SWEEP_SHARE_PERCENT));
}

enum status user_credit_retention_sweep(struct role_context *context)
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
